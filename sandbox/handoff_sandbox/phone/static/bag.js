// The app: the bag, the shopper, and the sheet with messages.

const cards = [...document.querySelectorAll('.goods li')];
const bar = document.querySelector('.bag');
const sheet = document.querySelector('.sheet');
const bag = new Map();

export function showBag() {
  let count = 0;
  let total = 0;
  for (const card of cards) {
    const quantity = bag.get(card.dataset.sku) || 0;
    card.querySelector('output').value = quantity;
    card.classList.toggle('chosen', quantity > 0);
    card.querySelector('[data-change="-1"]').disabled = quantity === 0;
    count += quantity;
    total += quantity * Number(card.dataset.price);
  }
  const items = count === 1 ? '1 item' : `${count} items`;
  bar.querySelector('[data-bag-count]').textContent = count ? items : 'Your bag is empty';
  bar.querySelector('[data-bag-total]').textContent = count ? `£${total.toFixed(2)}` : '';
  bar.querySelector('[data-checkout]').disabled = count === 0;
  document.dispatchEvent(new CustomEvent('bag', { detail: { count } }));
}

export function changeQuantity(sku, change) {
  bag.set(sku, Math.max(0, (bag.get(sku) || 0) + change));
  showBag();
}

export function emptyBag() {
  bag.clear();
  showBag();
}

export const readBag = () => Object.fromEntries([...bag].filter(([, quantity]) => quantity > 0));

// A product that the shop no longer has, although the app shows it.
export const soldOutSku = cards.find((card) => 'soldOut' in card.dataset)?.dataset.sku;

export const getName = (sku) => cards.find((card) => card.dataset.sku === sku).dataset.name;

export const readChoice = (name) => document.querySelector(`input[name="${name}"]:checked`).value;

// `open` is called on a tap, which lets the browser open a window.
export function showSheet(title, text, open = null) {
  sheet.querySelector('.title').textContent = title;
  sheet.querySelector('[data-text]').textContent = text;
  const button = sheet.querySelector('[data-open]');
  button.hidden = open === null;
  button.onclick = open;
  setSheetVisible(true);
}

// Changes the sheet unless the shopper has closed it.
export function changeSheet(title, text) {
  if (!sheet.hidden) showSheet(title, text);
}

// Resolves when the shopper closes the sheet.
export const waitForClose = () => new Promise((resolve) => {
  sheet.querySelector('[data-close]').addEventListener('click', resolve, { once: true });
});

export const hideSheet = () => setSheetVisible(false);

// Nothing under the visible sheet can be used.
function setSheetVisible(visible) {
  sheet.hidden = !visible;
  bar.inert = visible;
  document.querySelector('.goods').inert = visible;
}

export function startApp() {
  document.querySelector('.goods').addEventListener('click', (event) => {
    const button = event.target.closest('[data-change]');
    if (button) changeQuantity(button.closest('li').dataset.sku, Number(button.dataset.change));
  });
  sheet.querySelector('[data-close]').addEventListener('click', () => {
    hideSheet();
    bar.querySelector('[data-checkout]').focus();
  });
  changeQuantity('ITEM-03', 2);
  changeQuantity('ITEM-18', 1);
}
