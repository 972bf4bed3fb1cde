// What goes wrong in life. Each says what should happen on its button, and below what did.

import { contents, hush, nameOf, put, say, show } from './bag.js';
import { chapter, note } from './log.js';
import * as run from './run.js';

const buttons = [...document.querySelectorAll('[data-life]')];
const TTL = Number(document.body.dataset.ttl);
const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

const QUOTED = /“([^·”]*)/;

let running = null;

// What the last opening came to, in a few words for the button that caused it.
document.addEventListener('opened', ({ detail }) => {
  const words = detail.words.match(QUOTED);
  if (running && detail.status === 303) came('It is in checkout.');
  else if (running && words) came(words[1]);
});

function came(words) {
  running.querySelector('[data-came]').textContent = words;
}

async function others(who, link) {
  run.stopWatching();
  await run.look(link);
  await run.tell(`/others/${who}`, link);
  await run.look(link, true);
}

// Each returns whether it came to its end: then the web view is open, where it needs one.
const LIFE = {
  again(view) {
    run.open(run.link, view);
    return true;
  },

  async second() {
    const link = run.link;
    await others('second', link);
    const words = document.querySelector('.log .note:last-child').textContent;
    came(words.match(QUOTED)?.[1] ?? words);
    run.watch(link);
    return true;
  },

  async preview(view) {
    const link = await run.transfer(run.newReference());
    if (!link) return false;
    await others('bot', link);
    run.open(link, view);
    return true;
  },

  async late() {
    const link = await run.transfer(run.newReference());
    if (!link) return false;
    note(`The app is put aside. The link lives for ${TTL} seconds.`);
    for (let left = TTL + 1; left > 0; left -= 1) {
      came(`${left} s to go`);
      say('The app is put aside', `In ${left} seconds its link will have expired.`);
      await pause(1);
    }
    came('');
    say('Back in the app', 'Now open the link that was asked for then.', () => {
      run.open(link, run.prepareWindow());
    });
    return true;
  },

  async change(view) {
    const reference = run.newReference();
    const old = await run.transfer(reference);
    if (!old) return false;
    const [sku] = Object.keys(contents());
    put(sku, 1);
    note(`One more ${nameOf(sku)} goes into the bag, and Checkout is tapped again.`);
    if (!await run.transfer(reference)) return false;
    note('Now somebody opens the old link.');
    run.open(old, view);
    return true;
  },

  async store(view) {
    if (await isAway()) {
      await move(false);
      came('It is back. “Try again” works.');
      return true;
    }
    const link = await run.transfer(run.newReference());
    if (!link) return false;
    await move(true);
    run.open(link, view);
    return true;
  },

  async bought(view) {
    const link = await run.transfer(run.newReference());
    if (!link) return false;
    await others('buyer', link);
    note('Later the shopper goes back, and the link is opened again.');
    run.open(link, view);
    return true;
  },
};

async function isAway() {
  return (await (await fetch('/session-store')).json()).away;
}

async function move(away) {
  await fetch('/session-store', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ away }),
  });
  note(away ? 'The folder of the shop’s sessions is gone.' : 'The folder is back. Tap “Try again”.', !away);
  nameStore(away);
}

function nameStore(away) {
  const button = document.querySelector('[data-life="store"]');
  const [title, words] = button.children;
  // The page in the web view stays as it is: there is a button on it to tap.
  button.toggleAttribute('data-alone', away);
  title.textContent = away ? 'Give the session store back' : 'Take the session store away';
  words.textContent = away
    ? 'Then “Try again” leads to checkout.' : 'A page says so. “Try again” works once it is back.';
}

// Buttons that need a link, or a bag, wait for it; while one runs, the others wait.
function allow() {
  const empty = Object.keys(contents()).length === 0;
  for (const button of buttons) {
    const lacks = button.dataset.needs === 'link' ? run.link === null : empty;
    button.disabled = lacks || document.body.classList.contains('busy');
  }
}

export async function busyWith(action) {
  document.body.classList.add('busy');
  document.querySelector('[data-checkout]').disabled = true;
  allow();
  try {
    await action();
  } catch (error) {
    say('The demo does not answer', 'Is it still running? Start it again, and reload this page.');
    throw error;
  } finally {
    document.body.classList.remove('busy');
    show();
  }
}

export function startLife() {
  for (const button of buttons) {
    button.addEventListener('click', async () => {
      const name = button.dataset.life;
      hush();
      forgetRunning();
      running = button;
      button.classList.add('running');
      came('');
      chapter(button.querySelector('b').textContent);
      const view = 'alone' in button.dataset ? null : run.prepareWindow();
      await busyWith(async () => {
        if (!await LIFE[name](view)) view?.close();
      });
    });
  }
  document.addEventListener('bag', allow);
  document.addEventListener('link', allow);
  isAway().then(nameStore);
}

export function forgetRunning() {
  running?.classList.remove('running');
  running = null;
}
