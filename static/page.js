// Posts the form of the entry page at once, and leads back to the app. Without JavaScript, buttons
// do both.
(() => {
  "use strict";

  const form = document.querySelector('form[data-post="now"]');
  // A shopper who came back with the browser's history has seen checkout. Then only a tap posts.
  const [navigation] = performance.getEntriesByType("navigation");
  if (form && navigation?.type !== "back_forward") form.submit();

  const back = document.querySelector("[data-back]");
  if (!back) return;
  if (back.hidden) {
    back.hidden = false;
    // The browser may apply `autofocus` later.
    if (!document.querySelector("[autofocus]")) back.focus();
  }
  back.addEventListener("click", (event) => {
    const poq = window.PoqWebCheckout;
    if (poq?.send) {
      event.preventDefault();
      if (back.dataset.back) poq.send("error", { errorMessage: back.dataset.back });
      poq.send("closewebview");
    } else if (!back.href) {
      history.back();
    }
  });
})();
