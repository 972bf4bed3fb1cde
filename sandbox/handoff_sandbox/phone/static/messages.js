// The app's side of web checkout: what the page in the web view says through Poq's script.

import { emptyBag, hideSheet, showSheet } from './bag.js';
import { addCall, addNote, showProgress } from './log.js';
import { closeWebView, readOpenings, link, watch } from './checkout.js';

const ORIGINS = document.body.dataset.origins.split(' ');

const formatMoney = (order) => new Intl.NumberFormat('en-GB', { style: 'currency', currency: order.currency })
  .format(order.total);

function logMessage(name, data, text) {
  const sent = data === null ? null : JSON.stringify(data, null, 2);
  addCall({
    source: 'view', target: 'app', call: name, text, status: null, ms: null, sent, answer: null, succeeded: true,
  });
}

async function finishOrder({ order }) {
  if (link) await readOpenings(link);
  logMessage('paymentcompleted', { order }, 'The success page tells the app about the order.');
  closeWebView();
  emptyBag();
  showProgress('order');
  addNote('The web view has closed, and the bag is empty.');
  const text = `Order ${order.orderId} · reference ${order.reference} · ${formatMoney(order)}`;
  showSheet('Your order has been placed', text);
  document.dispatchEvent(new CustomEvent('ordered', { detail: order }));
  if (link) watch(link); // the webhook comes a moment later
}

const RECEIVERS = {
  order(order) { logMessage('order', order, `Checkout shows a total of ${formatMoney(order)}.`); },
  paymentcompleted: finishOrder,
  error({ errorMessage }) { logMessage('error', { errorMessage }, `The page says: “${errorMessage}”`); },
  closewebview() {
    logMessage('closewebview', null, 'The page asks the app to close the web view.');
    closeWebView();
    hideSheet();
  },
};

export function receiveMessages() {
  window.addEventListener('message', ({ origin, data }) => {
    if (ORIGINS.includes(origin) && data && data.poq in RECEIVERS) RECEIVERS[data.poq](data.data);
  });
}
