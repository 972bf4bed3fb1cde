// Posts the waiting page's form at once, and leads back to the app. Buttons do the same without.
(() => {
  "use strict";

  const form = document.querySelector('form[data-post="now"]');
  // Somebody who comes back to this page has seen checkout: let them tap, do not push.
  const [navigation] = performance.getEntriesByType("navigation");
  if (form && navigation?.type !== "back_forward") form.submit();

  const back = document.querySelector("[data-back]");
  if (!back) return;
  if (back.hidden) {
    back.hidden = false;
    // `autofocus` may yet be to take effect.
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
