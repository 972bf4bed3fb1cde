// One run: a transfer, the web view that its instruction opens, and what the service saw of it.

import { chosen, contents, hush, say } from './bag.js';
import { note, step, way } from './log.js';

const WINDOW = 'handoff-web-view';
let watching = 0;
let problem = ''; // what the last refusal said
export let link = null; // {instruction, token, handoff, seen} of the last transfer

export const newReference = () => `demo-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;

// Reads the server's lines as they come. Returns the instruction, where there is one.
export async function tell(path, body) {
  const answer = await fetch(path, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  let given = null;
  let rest = '';
  for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();;) {
    const { done, value } = await reader.read();
    if (done) return given;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const event of lines.map((line) => JSON.parse(line))) {
      if (event.kind === 'step') step(event);
      if (event.kind === 'note') note(event.words, event.good);
      if (event.kind === 'note' && !event.good) problem = event.words;
      if (event.kind === 'instruction') given = { ...event, seen: 0 };
    }
  }
}

// Hands the bag over. Returns the link, or null where the shop or the service refused.
export async function transfer(reference, bag = contents()) {
  watching += 1;
  way('bag');
  const given = await tell('/checkout', {
    bag, reference, shopper: chosen('shopper'), kind: chosen('kind'), style: chosen('style'),
  });
  if (given === null) {
    way('bag', true);
    say('That did not work', `${problem} Your bag is as it was.`);
    return null;
  }
  link = given;
  way('link');
  document.dispatchEvent(new CustomEvent('link'));
  return given;
}

// The web view: a window of the phone's size, right where the phone is. Called by a tap.
export function prepareWindow(address = '/opening') {
  const phone = document.querySelector('.phone').getBoundingClientRect();
  const chrome = Math.max(0, window.outerHeight - window.innerHeight);
  const left = Math.round(window.screenX + phone.left);
  const top = Math.round(window.screenY + chrome + Math.max(0, phone.top));
  return window.open(address, WINDOW, `popup,width=390,height=844,left=${left},top=${top}`);
}

// Does as the instruction says: GET its address, or post its body there.
export function open(given, view) {
  if (!view || view.closed) {
    say('Your browser kept the web view closed', 'A tap opens it.', () => {
      hush();
      open(given, prepareWindow());
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
  say('Checkout is open', 'In a window of its own: that is the app’s web view.');
  watch(given);
}

// What came in for a link since we last looked. Returns the steps.
export async function look(given, quietly = false) {
  const answer = await fetch(`/openings/${given.handoff}?seen=${given.seen}`);
  const { steps, seen } = await answer.json();
  given.seen = seen;
  if (!quietly) steps.forEach(told);
  return steps;
}

function told(one) {
  step(one);
  if (one.status === 303) {
    way('checkout');
    note('In checkout, with exactly that bag.');
  } else {
    way('link', !one.good);
  }
  document.dispatchEvent(new CustomEvent('opened', { detail: one }));
}

export async function watch(given) {
  watching += 1;
  const mine = watching;
  for (let looks = 0; mine === watching; looks += 1) {
    await look(given);
    await new Promise((resolve) => { setTimeout(resolve, looks < 60 ? 300 : 1500); });
  }
}

export const stopWatching = () => { watching += 1; };
