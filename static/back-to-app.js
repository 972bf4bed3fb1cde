// Leads back to the app. Without JavaScript, a button does.
(() => {
  "use strict";

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
