// Talks to Poq's app through Poq's own script, `PoqWebCheckout`. An Android app has put `android`
// into the page and answers a ping with the version of that script; an iOS app has put the version
// into cookies. The script comes from this service, which has checked it, because the shop's
// Content-Security-Policy allows its own host. Messages wait until the script has come.
//
// Pages of this service load this file by itself. On the shop's pages it is the first part of
// `/web-checkout.js`, and does nothing unless the web view came through this service.
(() => {
  "use strict";

  const { src } = document.currentScript;
  const base = src.replace(/\/(static\/poq-bridge|web-checkout)\.js.*$/, "");
  const MARKER = "handoff_app"; // the cookie of a web view that came through this service
  const VERSION = /^\d{1,4}(\.\d{1,4}){0,3}(-[a-z0-9]{1,12}(\.\d{1,4})?)?$/;
  const INTEGRITY = /^sha(256|384|512)-[A-Za-z0-9+/]{43,86}={0,2}$/;
  const MAX_WAIT = 4000; // milliseconds until the fallbacks run if Poq's script has not come
  const waiting = [];
  let fallbacks = [];
  let isLate = false;
  let state = "none"; // outside the app; in it "expected", "loading" and "ready"

  const readCookie = (name) => {
    try {
      const found = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${name}=`));
      return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
    } catch (error) {
      return "";
    }
  };

  if (window.handoffBridge) return; // the tag is in the page twice
  if (!/\/static\/poq-bridge\.js/.test(src) && readCookie(MARKER) !== "1") return;

  const deliver = (name, data) => {
    try {
      window.PoqWebCheckout.send(...(data === undefined ? [name] : [name, data]));
    } catch (error) {
      console.error(error); // a fault in the app's script must not break checkout
    }
  };

  const runFallbacks = () => {
    fallbacks.splice(0).forEach((fallback) => fallback());
  };

  const becomeReady = () => {
    state = "ready";
    fallbacks = [];
    waiting.splice(0).forEach((message) => deliver(...message));
    window.handoffBridge.onReady();
  };

  const giveUp = () => {
    state = "none";
    waiting.length = 0;
    runFallbacks();
  };

  const addScript = (src, integrity, onerror) => {
    const script = document.createElement("script");
    Object.assign(script, { src, integrity, crossOrigin: "anonymous", onload: becomeReady, onerror });
    document.head.append(script);
  };

  // Poq's own host is the second choice, and never in checkout, whose policy usually forbids it.
  const loadPoqScript = (version, integrity) => {
    if (state === "loading" || state === "ready" || !VERSION.test(version)) return;
    state = "loading";
    const isChecked = INTEGRITY.test(integrity);
    const loadFromPoq = () => {
      if (window.checkoutConfig || !isChecked) giveUp();
      else addScript(`https://assets.poq.io/web-checkout.${version}.min.js`, integrity, giveUp);
    };
    const query = new URLSearchParams({ version, integrity });
    if (isChecked) addScript(`${base}/web-checkout/poq.js?${query}`, integrity, loadFromPoq);
    else loadFromPoq();
  };

  // Poq's script replays the calls in `q`.
  const prepareForPoqScript = () => {
    state = "expected";
    const q = [];
    window.PoqWebCheckout = { q };
    ["options", "send", "on", "destroy"].forEach((name) => {
      window.PoqWebCheckout[name] = (...args) => q.push([name, args]);
    });
    window.poqWebCheckout = window.poqWebCheckout || {
      postMessage(name, json) {
        if (name !== "bridgesettings") return;
        const settings = JSON.parse(json);
        q.push(["options", [settings]]);
        loadPoqScript(String(settings.version), String(settings.integrity));
      },
    };
    setTimeout(() => {
      isLate = true;
      runFallbacks();
    }, MAX_WAIT);
  };

  window.handoffBridge = {
    base,
    onReady() {},
    // Whether the page is in Poq's app, as far as is known yet.
    get isInApp() {
      return state !== "none";
    },
    get isReady() {
      return state === "ready";
    },
    // Sends a message, now or when Poq's script has come. `fallback` runs if it does not come.
    send(name, data, fallback) {
      if (state === "ready") {
        deliver(name, data);
      } else if (fallback && (state === "none" || isLate)) {
        fallback();
      } else if (state !== "none") {
        waiting.push([name, data]);
        if (fallback) fallbacks.push(fallback);
      }
    },
  };

  if (window.PoqWebCheckout) {
    becomeReady();
  } else if (window.android && typeof window.android.postMessage === "function") {
    prepareForPoqScript();
    window.android.postMessage('{"name":"ping"}');
  } else if (readCookie("poq.webcheckout.platform") === "ios") {
    prepareForPoqScript();
    loadPoqScript(readCookie("poq.webcheckout.version"), readCookie("poq.webcheckout.integrity"));
  }
})();
