// Stands in for Poq's web checkout script, after its documentation. Poq's own hands each message to
// the app. Here the app is the page that has opened the web view's window.
(function () {
  'use strict';

  var waiting = (window.PoqWebCheckout && window.PoqWebCheckout.q) || [];
  var methods = {
    options: function () {},
    send: function (name, data) {
      if (window.opener) { window.opener.postMessage({ poq: name, data: data || null }, '*'); }
    },
    on: function () {},
    destroy: function () {}
  };
  window.PoqWebCheckout = methods;
  waiting.forEach(function (call) { methods[call[0]].apply(methods, call[1]); });
}());
