// The buttons for what can go wrong. Each says what should happen, and afterwards what happened.

import { bagContents, changeQuantity, hideSheet, nameOf, showBag, showSheet } from './bag.js';
import { addChapter, addNote } from './log.js';
import * as run from './run.js';

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
  run.stopWatching();
  await run.readOpenings(link);
  await run.postAndShow(`/visitors/${visitor}`, link);
  await run.readOpenings(link, true);
}

// Each returns whether it has finished; if not, the prepared web view is closed.
const SCENARIOS = {
  again(view) {
    run.openLink(run.link, view);
    return true;
  },

  async second() {
    const link = run.link;
    await sendVisitor('second', link);
    const note = document.querySelector('.log .note:last-child').textContent;
    showResult(note.match(QUOTED)?.[1] ?? note);
    run.watch(link);
    return true;
  },

  async preview(view) {
    const link = await run.transfer(run.newReference());
    if (!link) return false;
    await sendVisitor('bot', link);
    run.openLink(link, view);
    return true;
  },

  async late() {
    const link = await run.transfer(run.newReference());
    if (!link) return false;
    addNote(`The shopper leaves the app. The link lives for ${TTL} seconds.`);
    for (let left = TTL + 1; left > 0; left -= 1) {
      showResult(`${left} s to go`);
      showSheet('The shopper has left the app', `The link expires in ${left} seconds.`);
      await pause(1);
    }
    showResult('');
    showSheet('The shopper is back', 'Now open the link, which has expired.', () => {
      run.openLink(link, run.openWindow());
    });
    return true;
  },

  async change(view) {
    const reference = run.newReference();
    const old = await run.transfer(reference);
    if (!old) return false;
    const [sku] = Object.keys(bagContents());
    changeQuantity(sku, 1);
    addNote(`The shopper adds one more ${nameOf(sku)} and taps Checkout again.`);
    if (!await run.transfer(reference)) return false;
    addNote('Now the old link is opened.');
    run.openLink(old, view);
    return true;
  },

  async store(view) {
    if (await isAway()) {
      await setStoreAway(false);
      showResult('The session store is back. “Try again” works.');
      return true;
    }
    const link = await run.transfer(run.newReference());
    if (!link) return false;
    await setStoreAway(true);
    run.openLink(link, view);
    return true;
  },

  async bought(view) {
    const link = await run.transfer(run.newReference());
    if (!link) return false;
    await sendVisitor('buyer', link);
    addNote('Later the shopper opens the link again.');
    run.openLink(link, view);
    return true;
  },
};

async function isAway() {
  return (await (await fetch('/session-store')).json()).away;
}

async function setStoreAway(away) {
  await fetch('/session-store', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ away }),
  });
  addNote(away ? 'The shop’s session store is away.' : 'The session store is back. Tap “Try again”.', !away);
  labelStoreButton(away);
}

function labelStoreButton(away) {
  const button = document.querySelector('[data-scenario="store"]');
  const [title, text] = button.children;
  // The page in the web view stays open, because it has the button “Try again”.
  button.toggleAttribute('data-alone', away);
  title.textContent = away ? 'Bring the session store back' : 'Take the session store away';
  text.textContent = away
    ? '“Try again” then leads to checkout.' : 'A page says so, and “Try again” works when the store is back.';
}

// Disables the buttons that lack a link or a bag, and all of them while one runs.
function updateButtons() {
  const empty = Object.keys(bagContents()).length === 0;
  for (const button of buttons) {
    const lacks = button.dataset.needs === 'link' ? run.link === null : empty;
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
      const view = 'alone' in button.dataset ? null : run.openWindow();
      await runExclusively(async () => {
        if (!await SCENARIOS[name](view)) view?.close();
      });
    });
  }
  document.addEventListener('bag', updateButtons);
  document.addEventListener('link', updateButtons);
  isAway().then(labelStoreButton);
}

export function forgetRunning() {
  running?.classList.remove('running');
  running = null;
}
