// Tells Poq's app about checkout and the order. `/web-checkout.js` is poq-bridge.js followed by this
// file.
(() => {
  "use strict";

  const bridge = window.handoffBridge;
  const settings = WEB_CHECKOUT_SETTINGS; // replaced by the service
  if (!bridge || window.handoffWebCheckout) return;
  window.handoffWebCheckout = true;

  const MIN_PAUSE = 1000; // milliseconds between two messages about totals
  const RENEWAL_PAUSE = 60000; // milliseconds between two renewals of our cookies
  const REPORT_PAUSES = [0, 1, 2, 4, 10, 10, 10, 15, 30, 60]; // seconds; then the page gives up

  // A web view may forbid storage. Then a reload forgets what this page has not sent yet.
  const store = (storage, name, value) => {
    try {
      if (value === undefined) return window[storage].getItem(name);
      if (value === null) window[storage].removeItem(name);
      else window[storage].setItem(name, value);
    } catch (error) {
      // The page goes on without it.
    }
    return null;
  };

  const post = (path, fields) =>
    fetch(`${bridge.base}/web-checkout/${path}`, {
      method: "POST",
      credentials: "include",
      body: new URLSearchParams(fields),
    });

  // The totals during checkout, from the model that Luma's own order summary shows.

  const round = (amount) => {
    const { requiredPrecision: digits = 2 } = window.checkoutConfig.priceFormat || {};
    return Number(Number(amount).toFixed(digits));
  };

  const readTotals = (quote) => {
    const totals = quote.totals() || {};
    const segments = {};
    (totals.total_segments || []).forEach(({ code, value }) => {
      segments[code] = value;
    });
    const config = window.checkoutConfig;
    const withTax = (mode) => mode === "including"; // as the shop's tax settings say
    const order = {
      // `grand_total` lacks the tax in some versions; the page shows the segment.
      total: segments.grand_total === undefined ? totals.grand_total : segments.grand_total,
      subTotal: withTax(config.reviewTotalsDisplayMode)
        ? totals.subtotal_incl_tax
        : totals.subtotal,
      discount: Math.abs(totals.discount_amount || 0),
      tax: segments.tax === undefined ? totals.tax_amount : segments.tax,
    };
    if (quote.shippingMethod() || quote.isVirtual()) {
      order.delivery = withTax(config.reviewShippingDisplayMode)
        ? totals.shipping_incl_tax
        : totals.shipping_amount;
    }
    Object.keys(order).forEach((name) => {
      order[name] = round(order[name] || 0);
    });
    return Object.assign(order, { currency: totals.quote_currency_code });
  };

  const sendTotals = (quote) => {
    let timer = null;
    let lastSentAt = -MIN_PAUSE;
    let lastText = "";
    let lastRenewalAt = performance.now();
    const send = () => {
      timer = null;
      const order = readTotals(quote);
      const text = JSON.stringify(order);
      if (text === lastText || !order.currency) return;
      lastText = text;
      lastSentAt = performance.now();
      bridge.send("order", order);
      if (lastSentAt - lastRenewalAt > RENEWAL_PAUSE) {
        lastRenewalAt = lastSentAt;
        renewCookies();
      }
    };
    const schedule = () => {
      if (timer) return;
      timer = setTimeout(send, Math.max(0, lastSentAt + MIN_PAUSE - performance.now()));
    };
    quote.totals.subscribe(schedule);
    schedule();
  };

  // The shop prolongs its session while the shopper is in checkout, and so do we.
  const renewCookies = () => post("session", {}).catch(() => {});

  const watchCheckout = () => {
    store("sessionStorage", "handoff-report", null);
    renewCookies();
    if (typeof window.require !== "function") return;
    window.require(["Magento_Checkout/js/model/quote"], sendTotals, () => {});
  };

  // The order. The service decides which page sends it; `page` is the name under which it asks.

  // A copy of this tab has the same name. So all tabs remember what was sent.
  const sendOrder = ({ id, order }) => {
    const sent = (store("localStorage", "handoff-sent") || "").split(" ").filter(Boolean);
    if (sent.includes(id)) return;
    store("localStorage", "handoff-sent", [...sent.slice(-4), id].join(" "));
    bridge.send("paymentcompleted", { order });
  };

  // Without Poq's script, the report only tells the service to look for the order.
  const reportOrder = (page) => {
    let tries = 0;
    let isAsking = false;
    let timer = null;
    const finish = () => {
      tries = REPORT_PAUSES.length;
      store("sessionStorage", "handoff-report", null);
    };
    const ask = async () => {
      if (isAsking || tries >= REPORT_PAUSES.length) return;
      isAsking = true;
      clearTimeout(timer);
      tries += 1;
      const canSend = bridge.isReady;
      try {
        const answer = await post("orders", canSend ? { page } : {});
        if (answer.ok) {
          const { orders, pending } = await answer.json();
          orders.forEach(sendOrder);
          if (!pending && (canSend || !bridge.isInApp)) finish();
        }
      } catch (error) {
        if (!navigator.onLine) tries -= 1; // the event `online` goes on
      }
      isAsking = false;
      if (tries < REPORT_PAUSES.length) timer = setTimeout(ask, REPORT_PAUSES[tries] * 1000);
    };
    ask();
    bridge.onReady = ask;
    window.addEventListener("online", ask);
    window.addEventListener("pageshow", (event) => event.persisted && ask());
  };

  const createPageName = () => {
    const numbers = crypto.getRandomValues(new Uint32Array(4));
    return Array.from(numbers, (number) => number.toString(16).padStart(8, "0")).join("");
  };

  // The shop shows its success page once. After a reload, the page that follows reports the order.
  const watchOrder = (isSuccess) => {
    let page = store("sessionStorage", "handoff-report");
    if (!page && isSuccess) {
      page = createPageName();
      store("sessionStorage", "handoff-report", page);
    }
    if (page) reportOrder(page);
  };

  // "Continue shopping" leads to the shop's home page; in the app it leads back to the app.
  const closeOnContinue = () => {
    const isHome = (link) =>
      link.matches(".continue") || settings.homes.includes(link.href.replace(/\/?([?#].*)?$/, ""));
    document.addEventListener("click", (event) => {
      const link = event.target.closest("main a[href]");
      if (!link || !isHome(link) || !(bridge.isInApp || settings.appReturnUrl)) return;
      event.preventDefault();
      bridge.send("closewebview", undefined, () => {
        location.href = settings.appReturnUrl || link.href;
      });
    });
  };

  const addAppStyle = () => {
    const own = `${bridge.base}/static/checkout-in-app.css`;
    const href = settings.appStyle === "true" ? own : settings.appStyle;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  };

  const start = () => {
    const isCart = document.body.matches(".checkout-cart-index"); // it has a checkoutConfig as well
    // Without the path of a page of the shop before it, the entry page led here.
    const isSentHere = isCart && !/^https?:\/\/[^/]+\/./.test(document.referrer);
    if (isSentHere) post("cart-page", {}).catch(() => {});
    const isSuccess = /checkout.*\/success\/?$/i.test(location.pathname);
    if (window.checkoutConfig && !isCart) watchCheckout();
    else watchOrder(isSuccess);
    if (!isSuccess) return;
    closeOnContinue();
    // The order's number is a link to the customer's account.
    const links = settings.appStyle ? document.querySelectorAll("main a.order-number") : [];
    links.forEach((link) => link.removeAttribute("href"));
  };

  if (settings.appStyle) addAppStyle();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
