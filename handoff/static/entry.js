// Posts the page's form at once. The button does the same where scripts do not run.
(() => {
  "use strict";
  const form = document.querySelector('form[data-post="now"]');
  // Somebody who comes back to this page has seen checkout: let them tap, do not push.
  const [navigation] = performance.getEntriesByType("navigation");
  if (form && navigation?.type !== "back_forward") form.submit();
})();
