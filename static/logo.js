// Shows the shop's name if its logo does not load.
(() => {
  "use strict";

  const logo = document.querySelector("header img");
  const showName = () => {
    const name = document.createElement("b");
    name.textContent = logo.alt;
    logo.parentElement.replaceWith(name);
  };
  if (logo.complete && !logo.naturalWidth) showName();
  else logo.addEventListener("error", showName);
})();
