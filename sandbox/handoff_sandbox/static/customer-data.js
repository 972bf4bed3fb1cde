// What Magento's own scripts keep in the browser: a copy of the cart and the customer, and what was
// typed in checkout. It goes when the cookie mage-cache-sessid is gone, and a section is loaded
// again when section_data_ids names it and the copy is missing or of another data_id.
(function () {
  'use strict';

  var STORAGE = 'mage-cache-storage';
  var LIFETIME = 3600;
  var SECTIONS = ['cart', 'customer'];
  // Which POST changes which sections; 'checkout-data' lives in the browser only.
  var AFFECTED = [
    [/\/checkout\/cart\/add/, ['cart']],
    [/\/checkout\/placeorder/, ['cart', 'checkout-data']],
    [/\/customer\/account\/loginPost/, ['cart', 'customer', 'checkout-data']]
  ];

  function readCookie(name) {
    var found = document.cookie.split('; ').find(function (one) {
      return one.indexOf(name + '=') === 0;
    });
    return found === undefined ? null : decodeURIComponent(found.slice(name.length + 1));
  }

  function writeCookie(name, value, seconds, more) {
    document.cookie = name + '=' + encodeURIComponent(value) + '; path=/; SameSite=Lax; Max-Age=' +
      (seconds === undefined ? LIFETIME : seconds) + (more || '');
  }

  function parsed(text) {
    try {
      return JSON.parse(text) || {};
    } catch (error) {
      return {};
    }
  }

  function stored() { return parsed(localStorage.getItem(STORAGE)); }
  function store(data) { localStorage.setItem(STORAGE, JSON.stringify(data)); }
  function sectionIds() { return parsed(readCookie('section_data_ids')); }

  function setSection(name, value) {
    var data = stored();
    data[name] = value;
    store(data);
  }

  function forgetIfAnotherSession() {
    var loggedIn = document.body.dataset.loggedIn;
    var timeout = Number(localStorage.getItem('mage-cache-timeout'));
    var before = localStorage.getItem('mage-customer-login');
    if ((timeout && timeout < Date.now()) || readCookie('mage-cache-sessid') === null ||
        (before !== null && before !== loggedIn)) {
      store({});
    }
    localStorage.setItem('mage-customer-login', loggedIn);
    localStorage.setItem('mage-cache-timeout', String(Date.now() + LIFETIME * 1000));
    writeCookie('mage-cache-sessid', 'true');
  }

  function expiredSections() {
    var ids = sectionIds();
    var data = stored();
    return SECTIONS.filter(function (name) {
      return name in ids && (!data[name] || data[name].data_id !== ids[name]);
    });
  }

  function reload(names) {
    return fetch('/customer/section/load/?sections=' + names.join(','), {
      credentials: 'same-origin',
      headers: {'X-Requested-With': 'XMLHttpRequest'}
    }).then(function (response) { return response.json(); }).then(function (sections) {
      var ids = sectionIds();
      Object.keys(sections).forEach(function (name) {
        setSection(name, sections[name]);
        ids[name] = sections[name].data_id;
      });
      writeCookie('section_data_ids', JSON.stringify(ids));
      show();
    });
  }

  function invalidate(names) {
    var data = stored();
    var ids = sectionIds();
    names.forEach(function (name) {
      delete data[name];
      if (SECTIONS.indexOf(name) >= 0) {
        ids[name] = (ids[name] || 0) + 1000;
      }
    });
    store(data);
    writeCookie('section_data_ids', JSON.stringify(ids));
  }

  // The mini-cart and the name come from the copy, right or wrong, as in Magento.
  function show() {
    var data = stored();
    var count = document.querySelector('[data-bind="cart-count"]');
    var customer = document.querySelector('[data-bind="customer"]');
    count.textContent = String((data.cart && data.cart.summary_count) || 0);
    customer.textContent = (data.customer && data.customer.firstname) || 'Sign in';
  }

  function showMessages() {
    var messages = readCookie('mage-messages');
    if (messages === null) { return; }
    var list = document.querySelector('[data-bind="messages"]');
    Array.from(parsed(messages)).forEach(function (message) {
      var item = document.createElement('li');
      item.className = message.type;
      item.textContent = message.text.replace(/<[^>]*>/g, '').trim();
      list.appendChild(item);
    });
    writeCookie('mage-messages', '', 0);
  }

  function keepFormKey() {
    var letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    var key = readCookie('form_key');
    if (!key) {
      key = Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) {
        return letters[byte % letters.length];
      }).join('');
      // With the domain that the server gives it as well, or there would be two of them.
      writeCookie('form_key', key, LIFETIME, '; domain=' + location.hostname);
    }
    document.querySelectorAll('input[name="form_key"]').forEach(function (input) {
      input.value = key;
    });
  }

  function keepCheckoutFields() {
    var form = document.querySelector('[data-checkout]');
    if (!form) { return; }
    var kept = stored()['checkout-data'] || {};
    var address = kept.shippingAddressFromData || {};
    Array.from(form.elements).forEach(function (input) {
      var value = input.name === 'email' ? kept.inputFieldEmailValue : address[input.name];
      if (value && input.name !== 'form_key') { input.value = value; }
    });
    form.addEventListener('input', function () {
      var typed = {};
      Array.from(form.elements).forEach(function (input) {
        if (input.name && input.name !== 'form_key' && input.name !== 'email') {
          typed[input.name] = input.value;
        }
      });
      setSection('checkout-data', {
        inputFieldEmailValue: form.elements.email ? form.elements.email.value : '',
        shippingAddressFromData: typed
      });
    });
  }

  document.addEventListener('submit', function (event) {
    if (event.target.method !== 'post') { return; }
    AFFECTED.forEach(function (rule) {
      if (rule[0].test(event.target.action)) { invalidate(rule[1]); }
    });
  });

  forgetIfAnotherSession();
  keepFormKey();
  keepCheckoutFields();
  showMessages();
  show();
  var expired = expiredSections();
  if (expired.length) { reload(expired); }
}());
