// The app: a bag to fill, who is shopping, and the sheet that says what is going on.

const cards = [...document.querySelectorAll('.goods li')];
const bar = document.querySelector('.bag');
const sheet = document.querySelector('.sheet');
const bag = new Map();

export function show() {
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

export function put(sku, change) {
  bag.set(sku, Math.max(0, (bag.get(sku) || 0) + change));
  show();
}

export const contents = () => Object.fromEntries([...bag].filter(([, quantity]) => quantity > 0));

export const nameOf = (sku) => cards.find((card) => card.dataset.sku === sku).dataset.name;

export const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`).value;

// `open` is called by a tap, where the browser kept the web view from opening by itself.
export function say(title, words, open = null) {
  sheet.querySelector('.title').textContent = title;
  sheet.querySelector('[data-words]').textContent = words;
  const button = sheet.querySelector('[data-open]');
  button.hidden = open === null;
  button.onclick = open;
  cover(true);
}

export const hush = () => cover(false);

// What lies under the sheet is out of reach as long as it is there.
function cover(covered) {
  sheet.hidden = !covered;
  bar.inert = covered;
  document.querySelector('.goods').inert = covered;
}

export function startApp() {
  document.querySelector('.goods').addEventListener('click', (event) => {
    const button = event.target.closest('[data-change]');
    if (button) put(button.closest('li').dataset.sku, Number(button.dataset.change));
  });
  sheet.querySelector('[data-close]').addEventListener('click', () => {
    hush();
    bar.querySelector('[data-checkout]').focus();
  });
  put('ITEM-03', 2);
  put('ITEM-18', 1);
}
