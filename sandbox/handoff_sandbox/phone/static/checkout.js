// One checkout: the transfer, the web view that opens its instruction, and what the service logs.

import { changeSheet, hideSheet, readBag, readChoice, showSheet } from './bag.js';
import { addCall, addNote, showProgress } from './log.js';

const WINDOW = 'handoff-web-view';
let watchCount = 0; // raised to stop the loop that watches the log
let webView = null; // the window of the web view
export let problem = ''; // the text of the last refusal
export let link = null; // {instruction, token, handoff, seen, webhooksSeen} of the last transfer

export const createReference = () => `demo-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;

// Posts to the server and shows its events as they arrive. Returns the instruction, or null.
export async function postAndShow(path, body) {
  const answer = await fetch(path, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  let link = null;
  let rest = '';
  for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();;) {
    const { done, value } = await reader.read();
    if (done) return link;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const event of lines.map((line) => JSON.parse(line))) {
      if (event.kind === 'call') addCall(event);
      if (event.kind === 'note') addNote(event.text, event.succeeded);
      if (event.kind === 'note' && !event.succeeded) problem = event.text;
      if (event.kind === 'instruction') link = { ...event, seen: 0, webhooksSeen: 0 };
    }
  }
}

// Transfers the bag. Returns the link, or null if the shop or the service refused.
export async function transfer(reference, bag = readBag()) {
  watchCount += 1;
  showProgress('bag');
  const given = await postAndShow('/checkout', {
    bag, reference, shopper: readChoice('shopper'), kind: readChoice('kind'), style: readChoice('style'),
  });
  if (given === null) {
    showProgress('bag', true);
    showSheet('That did not work', `${problem} Your bag has not changed.`);
    return null;
  }
  link = given;
  showProgress('link');
  document.dispatchEvent(new CustomEvent('link'));
  return given;
}

// Opens the web view: a window as large as the phone, at its place. Needs a tap.
export function openWindow(address = '/opening') {
  const phone = document.querySelector('.phone').getBoundingClientRect();
  const chrome = Math.max(0, window.outerHeight - window.innerHeight);
  const left = Math.round(window.screenX + phone.left);
  const top = Math.round(window.screenY + chrome + Math.max(0, phone.top));
  webView = window.open(address, WINDOW, `popup,width=390,height=844,left=${left},top=${top}`);
  return webView;
}

// Waits for the first page of the web view. A link that opens before it has loaded takes its place in
// the history, and then the web view does not close when the shopper goes back.
export async function waitForFirstPage(view) {
  const end = Date.now() + 10_000;
  while (view && !view.closed && !hasLoadedFirstPage(view) && Date.now() < end) {
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

function hasLoadedFirstPage(view) {
  try {
    return view.location.pathname === '/opening' && view.document.readyState === 'complete';
  } catch {
    return false; // still a page of another site, from the transfer before
  }
}

export function closeWebView() {
  stopWatching();
  webView?.close();
}

// Follows the instruction: gets its address, or posts its body there.
export function openLink(given, view) {
  if (!view || view.closed) {
    showSheet('Your browser has not opened the web view', 'Tap to open it.', () => {
      hideSheet();
      openLink(given, openWindow());
    });
    return;
  }
  const { method, url, body } = given.instruction;
  if (method === 'GET') {
    view.location = url;
  } else {
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: url, target: WINDOW });
    for (const [name, value] of new URLSearchParams(body)) {
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
    form.remove();
  }
  view.focus();
  showSheet('The web view opens the link', 'It is a window of its own.');
  watch(given);
}

// Shows the requests for a link since the last time, and returns them.
export async function readOpenings(given, quietly = false) {
  const answer = await fetch(`/openings/${given.handoff}?seen=${given.seen}`);
  const { calls, seen, webhooks } = await answer.json();
  given.seen = seen;
  if (!quietly) calls.forEach(showOpening);
  webhooks.slice(given.webhooksSeen).forEach(addCall);
  given.webhooksSeen = Math.max(given.webhooksSeen, webhooks.length);
  return calls;
}

function showOpening(call) {
  addCall(call);
  if (call.status === 303) {
    showProgress('checkout');
    addNote('Checkout is open, with exactly that bag.');
    changeSheet('Checkout is open', 'It is in a window of its own, which is the app’s web view.');
  } else {
    showProgress('link', !call.succeeded);
    if (!call.succeeded) changeSheet('Checkout is not open', call.text);
  }
  document.dispatchEvent(new CustomEvent('opened', { detail: call }));
}

export async function watch(given) {
  watchCount += 1;
  const mine = watchCount;
  for (let looks = 0; mine === watchCount; looks += 1) {
    await readOpenings(given);
    await new Promise((resolve) => { setTimeout(resolve, looks < 60 ? 300 : 1500); });
  }
}

export const stopWatching = () => { watchCount += 1; };
