// What is said, in the order in which it is said.

const NAMES = {
  app: 'App', cloud: 'Poq’s cloud', service: 'Handoff', shop: 'Shop', view: 'Web view',
  bot: 'Preview bot', second: 'Second phone',
};
const WAY = ['bag', 'transfer', 'link', 'open', 'checkout'];
const log = document.querySelector('.log');

function element(tag, name, ...inside) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...inside);
  return made;
}

function add(node) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  log.querySelector('.empty')?.remove();
  log.append(node);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

export function chapter(title) {
  const time = new Date().toLocaleTimeString('en-GB');
  add(element('h3', 'chapter', `${time} · ${title}`));
  log.scrollTop = log.scrollHeight;
}

export function note(words, good = true) {
  add(element('p', good ? 'note' : 'note failed', words));
}

export function step(told) {
  const pair = element('p', 'pair',
    element('span', `by-${told.source}`, NAMES[told.source]), element('i', '', ' → '),
    element('span', `by-${told.target}`, NAMES[told.target]));
  const took = element('span', 'took');
  if (told.status) took.append(element('b', '', String(told.status)));
  if (told.ms !== null) took.append(` ${told.ms < 10 ? told.ms.toFixed(1) : Math.round(told.ms)} ms`);
  const row = element('div', told.good ? 'step' : 'step failed', pair, took,
    element('p', '', told.words));
  if (told.call) row.append(element('p', 'call', told.call));
  for (const [title, text] of [['What was sent', told.sent], ['What came back', told.answer]]) {
    if (!text) continue;
    const details = element('details', '', element('summary', '', title), element('pre', '', text));
    // The transfer is what this is all about.
    details.open = told.target === 'service' && told.source === 'cloud';
    row.append(details);
  }
  add(row);
}

// All stations up to one are behind us; the next is where we are, or where it ended.
export function way(reached, failed = false) {
  const last = WAY.indexOf(reached);
  document.querySelectorAll('.way li').forEach((station, index) => {
    station.className = index <= last ? 'done' : '';
    if (index === last + 1) station.className = failed ? 'failed' : 'now';
    if (index === last + 1) station.setAttribute('aria-current', 'step');
    else station.removeAttribute('aria-current');
  });
}
