// Posts the form of the entry page at once. Without JavaScript, its button does.
(() => {
  "use strict";
  const form = document.querySelector("form[data-post]");
  // A shopper who came back with the browser's history has seen checkout. Then only a tap posts.
  const [navigation] = performance.getEntriesByType("navigation");
  if (navigation?.type === "back_forward") return;
  if (!document.prerendering) form.submit();
  // Nobody has opened a page that the browser renders in advance. It posts once somebody does.
  else document.addEventListener("prerenderingchange", () => form.submit(), { once: true });
})();
