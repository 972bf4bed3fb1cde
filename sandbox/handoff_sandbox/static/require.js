// The part of RequireJS and of Luma's quote model that third-party scripts use in checkout. As in
// Luma, the totals change when the shipping method is known, a moment after the page has loaded.
(function () {
  'use strict';

  function observe(value) {
    var subscribers = [];
    function observable(changed) {
      if (arguments.length) {
        value = changed;
        subscribers.forEach(function (subscriber) { subscriber(value); });
      }
      return value;
    }
    observable.subscribe = function (subscriber) { subscribers.push(subscriber); };
    return observable;
  }

  var quote = null;

  function getQuote() {
    if (quote) { return quote; }
    var summary = document.querySelector('dl.totals');
    var isVirtual = Number(window.checkoutConfig.quoteData.is_virtual) === 1;
    quote = {
      totals: observe(window.checkoutConfig.totalsData),
      shippingMethod: observe(null),
      isVirtual: function () { return isVirtual; }
    };
    setTimeout(function () {
      if (!isVirtual) { quote.shippingMethod({carrier_code: 'flatrate', method_code: 'flatrate'}); }
      quote.totals(JSON.parse(summary.dataset.totals));
    }, 300);
    return quote;
  }

  window.require = function (names, loaded, failed) {
    if (names.length === 1 && names[0] === 'Magento_Checkout/js/model/quote') {
      if (document.querySelector('dl.totals')) { loaded(getQuote()); }
      else { document.addEventListener('DOMContentLoaded', function () { loaded(getQuote()); }); }
    } else if (failed) {
      failed(new Error('Script error for: ' + names.join(', ')));
    }
  };
}());
