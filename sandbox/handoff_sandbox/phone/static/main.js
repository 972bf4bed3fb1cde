import { hideSheet, readChoice, showSheet, startApp } from './bag.js';
import { addChapter, showProgress } from './log.js';
import * as checkout from './checkout.js';
import { receiveMessages } from './messages.js';
import { forgetRunning, runExclusively, startScenarios } from './scenarios.js';

const HINTS = {
  bag: 'Poq sends the lines of the bag, and Handoff creates a guest’s cart in the shop.',
  quote: 'Poq’s cloud creates the cart in the shop. Handoff checks whose it is and that it is open.',
  url: 'The app opens an address that contains the link’s token.',
  form: 'The app posts the token, so the address does not contain it.',
};
let reference = checkout.createReference();

function showHint() {
  const guest = readChoice('kind') === 'bag' && readChoice('shopper') !== 'guest';
  const extra = guest ? ' This cart is a guest’s even if the shopper is signed in. Choose Quote to stay signed in.' : '';
  document.querySelector('[data-hint]').textContent = HINTS[readChoice('kind')] + extra + ' ' + HINTS[readChoice('style')];
}

async function checkOut() {
  const view = checkout.openWindow();
  forgetRunning();
  addChapter(`Checkout: ${readChoice('kind')} transfer, ${readChoice('style')} instruction`);
  showSheet('Taking your bag to checkout', 'One moment.');
  await runExclusively(async () => {
    const link = await checkout.transfer(reference);
    if (link) {
      await checkout.waitForFirstPage(view);
      checkout.openLink(link, view);
    } else view?.close();
  });
}

function showTime() {
  const now = new Date();
  const minutes = String(now.getMinutes()).padStart(2, '0');
  document.querySelector('.bar span').textContent = `${now.getHours()}:${minutes}`;
}

document.querySelectorAll('.choice input, .who input').forEach((input) => {
  input.addEventListener('change', () => { hideSheet(); showHint(); });
});
document.querySelector('[data-checkout]').addEventListener('click', checkOut);
// The next bag is another one.
document.addEventListener('ordered', () => { reference = checkout.createReference(); });
receiveMessages();
startScenarios();
startApp();
showProgress('bag');
showHint();
showTime();
setInterval(showTime, 10_000);
