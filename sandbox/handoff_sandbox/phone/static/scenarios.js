// The buttons for what can go wrong. Each says what should happen, and afterwards what happened.

import {
  changeQuantity, getName, hideSheet, readBag, showBag, showSheet, soldOutSku, waitForClose,
} from './bag.js';
import { addChapter, addNote } from './log.js';
import * as checkout from './checkout.js';

const buttons = [...document.querySelectorAll('[data-scenario]')];
const TTL = Number(document.body.dataset.ttl);
const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

const QUOTED = /“([^·”]*)/;

let running = null;

// Shows the result of the last opening on the button that caused it.
document.addEventListener('opened', ({ detail }) => {
  const quote = detail.text.match(QUOTED);
  if (running && detail.status === 303) showResult('Checkout is open.');
  else if (running && quote) showResult(quote[1]);
});

function showResult(text) {
  running.querySelector('[data-result]').textContent = text;
}

async function sendVisitor(visitor, link) {
  checkout.stopWatching();
  await checkout.readOpenings(link);
  await checkout.postAndShow(`/visitors/${visitor}`, link);
  await checkout.readOpenings(link, true);
}

// Each returns whether it has finished; if not, the prepared web view is closed.
const SCENARIOS = {
  async soldout() {
    addNote(`Somebody else has just bought the last ${getName(soldOutSku)}. The app does not know it yet.`);
    await checkout.transfer(checkout.createReference(), { ...readBag(), [soldOutSku]: 1 });
    showResult(checkout.problem);
    return true;
  },

  async shop() {
    if (await isDown('shop')) {
      await setOutage('shop', false);
      showResult('The shop is back. Tap Checkout.');
      return true;
    }
    await setOutage('shop', true);
    await checkout.transfer(checkout.createReference());
    showResult(checkout.problem);
    return true;
  },

  async double(view) {
    const reference = checkout.createReference();
    const twice = [checkout.transfer(reference), checkout.transfer(reference)];
    const [first, second] = await Promise.all(twice);
    if (!first || !second) return false;
    const isSame = first.handoff === second.handoff;
    addNote(isSame
      ? 'Both answers hold the same link, and the shop has one cart.'
      : 'Poq’s cloud has made a cart for each tap, so the second link replaces the first.');
    checkout.openLink(second, view);
    return true;
  },

  again(view) {
    checkout.openLink(checkout.link, view);
    return true;
  },

  async second() {
    const link = checkout.link;
    await sendVisitor('second', link);
    const note = document.querySelector('.log .note:last-child').textContent;
    showResult(note.match(QUOTED)?.[1] ?? note);
    checkout.watch(link);
    return true;
  },

  async preview(view) {
    const link = await checkout.transfer(checkout.createReference());
    if (!link) return false;
    await sendVisitor('bot', link);
    checkout.openLink(link, view);
    return true;
  },

  async late() {
    const link = await checkout.transfer(checkout.createReference());
    if (!link) return false;
    addNote(`The shopper leaves the app. The link lives for ${TTL} seconds.`);
    let isLeft = false;
    const closed = waitForClose().then(() => { isLeft = true; });
    for (let left = TTL + 1; left > 0 && !isLeft; left -= 1) {
      showResult(`${left} s to go`);
      showSheet('The shopper has left the app', `The link expires in ${left} seconds.`);
      await Promise.race([pause(1), closed]);
    }
    showResult('');
    if (isLeft) return true;
    showSheet('The shopper is back', 'Now open the link, which has expired.', () => {
      checkout.openLink(link, checkout.openWindow());
    });
    return true;
  },

  async change(view) {
    const reference = checkout.createReference();
    const old = await checkout.transfer(reference);
    if (!old) return false;
    const [sku] = Object.keys(readBag());
    changeQuantity(sku, 1);
    addNote(`The shopper adds one more ${getName(sku)} and taps Checkout again.`);
    if (!await checkout.transfer(reference)) return false;
    addNote('Now the old link is opened.');
    checkout.openLink(old, view);
    return true;
  },

  async store(view) {
    if (await isDown('store')) {
      await setOutage('store', false);
      showResult('The session store is back. “Try again” works.');
      return true;
    }
    const link = await checkout.transfer(checkout.createReference());
    if (!link) return false;
    await setOutage('store', true);
    checkout.openLink(link, view);
    return true;
  },

  async bought(view) {
    const link = await checkout.transfer(checkout.createReference());
    if (!link) return false;
    await sendVisitor('buyer', link);
    addNote('Later the shopper opens the link again.');
    checkout.openLink(link, view);
    return true;
  },
};

// What can be taken away: what its button says while it is there, and while it is away.
const OUTAGES = {
  store: {
    gone: 'The shop’s session store is away.', back: 'The session store is back. Tap “Try again”.',
    title: 'Bring the session store back', text: '“Try again” then leads to checkout.',
  },
  shop: {
    gone: 'The shop is down for maintenance.', back: 'The shop is back.',
    title: 'Bring the shop back', text: 'Checkout then works as before.',
  },
};
const LABELS = Object.fromEntries(buttons.map((button) => [
  button.dataset.scenario, [...button.children].slice(0, 2).map((part) => part.textContent),
]));

async function isDown(name) {
  return (await (await fetch('/outages')).json())[name];
}

async function setOutage(name, away) {
  await fetch(`/outages/${name}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ away }),
  });
  addNote(away ? OUTAGES[name].gone : OUTAGES[name].back, !away);
  labelButton(name, away);
}

function labelButton(name, away) {
  const button = document.querySelector(`[data-scenario="${name}"]`);
  const [title, text] = button.children;
  // The page in the web view stays open, because it has the button “Try again”.
  if (name === 'store') button.toggleAttribute('data-alone', away);
  [title.textContent, text.textContent] = away ? [OUTAGES[name].title, OUTAGES[name].text] : LABELS[name];
}

// Disables the buttons that lack a link or a bag, and all of them while one runs.
function updateButtons() {
  const empty = Object.keys(readBag()).length === 0;
  for (const button of buttons) {
    const lacks = button.dataset.needs === 'link' ? checkout.link === null : empty;
    button.disabled = lacks || document.body.classList.contains('busy');
  }
}

export async function runExclusively(action) {
  document.body.classList.add('busy');
  document.querySelector('[data-checkout]').disabled = true;
  updateButtons();
  try {
    await action();
  } catch (error) {
    showSheet('The demo does not answer', 'Check that it is running, and reload this page.');
    throw error;
  } finally {
    document.body.classList.remove('busy');
    showBag();
  }
}

export function startScenarios() {
  for (const button of buttons) {
    button.addEventListener('click', async () => {
      const name = button.dataset.scenario;
      hideSheet();
      forgetRunning();
      running = button;
      button.classList.add('running');
      showResult('');
      addChapter(button.querySelector('b').textContent);
      const view = 'alone' in button.dataset ? null : checkout.openWindow();
      await runExclusively(async () => {
        await checkout.waitForFirstPage(view);
        if (!await SCENARIOS[name](view)) view?.close();
      });
    });
  }
  document.addEventListener('bag', updateButtons);
  document.addEventListener('link', updateButtons);
  for (const name of Object.keys(OUTAGES)) isDown(name).then((away) => labelButton(name, away));
}

export function forgetRunning() {
  running?.classList.remove('running');
  running = null;
}
