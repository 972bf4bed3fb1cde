// Posts the form of the entry page at once, and leads back to the app. Without JavaScript, buttons
// do both.
(() => {
  "use strict";

  const form = document.querySelector('form[data-post="now"]');
  // A shopper who came back with the browser's history has seen checkout. Then only a tap posts.
  const [navigation] = performance.getEntriesByType("navigation");
  if (form && navigation?.type !== "back_forward") form.submit();

  const bridge = window.handoffBridge;
  const back = document.querySelector("[data-back]");
  if (!back || !bridge) return;
  if (back.hidden && bridge.isInApp) {
    back.hidden = false;
    // The browser may apply `autofocus` later.
    if (!document.querySelector("[autofocus]")) back.focus();
  }
  back.addEventListener("click", (event) => {
    event.preventDefault();
    if (back.dataset.back) bridge.send("error", { errorMessage: back.dataset.back });
    bridge.send("closewebview", undefined, () => {
      if (back.href) location.href = back.href;
      else back.hidden = true; // nothing leads back to the app
    });
  });
})();
