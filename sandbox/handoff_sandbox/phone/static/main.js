import { chosen, hush, say, startApp } from './bag.js';
import { busyWith, forgetRunning, startLife } from './life.js';
import { chapter, way } from './log.js';
import * as run from './run.js';

const HINTS = {
  bag: 'Poq sends the lines of the bag; Handoff makes a guest’s cart of them in the shop.',
  quote: 'The cloud makes the cart in the shop itself; Handoff proves whose it is, and that it is open.',
  url: 'The app opens an address that holds the link’s token.',
  form: 'The app posts the token, which stays out of the address.',
};
const reference = run.newReference();

function explain() {
  const guest = chosen('kind') === 'bag' && chosen('shopper') !== 'guest';
  const extra = guest ? ' Signed in or not, such a cart is a guest’s: choose Quote to stay signed in.' : '';
  document.querySelector('[data-hint]').textContent = HINTS[chosen('kind')] + extra + ' ' + HINTS[chosen('style')];
}

async function checkOut() {
  const view = run.prepareWindow();
  forgetRunning();
  chapter(`Checkout: ${chosen('kind')} transfer, ${chosen('style')} instruction`);
  say('Taking your bag to checkout', 'One moment.');
  await busyWith(async () => {
    const link = await run.transfer(reference);
    if (link) run.open(link, view);
    else view?.close();
  });
}

function showTime() {
  const now = new Date();
  const minutes = String(now.getMinutes()).padStart(2, '0');
  document.querySelector('.bar span').textContent = `${now.getHours()}:${minutes}`;
}

document.querySelectorAll('.choice input, .who input').forEach((input) => {
  input.addEventListener('change', () => { hush(); explain(); });
});
document.querySelector('[data-checkout]').addEventListener('click', checkOut);
startLife();
startApp();
way('bag');
explain();
showTime();
setInterval(showTime, 10_000);
