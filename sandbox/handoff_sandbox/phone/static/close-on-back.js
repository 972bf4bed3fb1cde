// The first page of the web view. A shopper who goes back to it is back in the app.
(() => {
  const [navigation] = performance.getEntriesByType('navigation');
  if (navigation?.type === 'back_forward') window.close();
  window.addEventListener('pageshow', (event) => event.persisted && window.close());
})();
