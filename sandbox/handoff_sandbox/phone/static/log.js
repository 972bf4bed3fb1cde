// The log of calls and notes, oldest first, and the progress bar above it.

const NAMES = {
  app: 'App', cloud: 'Poq’s cloud', service: 'Handoff', shop: 'Shop', view: 'Web view',
  bot: 'Preview bot', second: 'Second phone',
};
const STAGES = ['bag', 'transfer', 'link', 'open', 'checkout', 'order'];
const log = document.querySelector('.log');

function createElement(tag, name, ...children) {
  const created = document.createElement(tag);
  if (name) created.className = name;
  created.append(...children);
  return created;
}

function appendToLog(node) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  log.querySelector('.empty')?.remove();
  log.append(node);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

export function addChapter(title) {
  const time = new Date().toLocaleTimeString('en-GB');
  appendToLog(createElement('h3', 'chapter', `${time} · ${title}`));
  log.scrollTop = log.scrollHeight;
}

export function addNote(text, succeeded = true) {
  appendToLog(createElement('p', succeeded ? 'note' : 'note failed', text));
}

export function addCall(call) {
  const pair = createElement('p', 'pair',
    createElement('span', `by-${call.source}`, NAMES[call.source]), createElement('i', '', ' → '),
    createElement('span', `by-${call.target}`, NAMES[call.target]));
  const took = createElement('span', 'took');
  if (call.status) took.append(createElement('b', '', String(call.status)));
  if (call.ms !== null) took.append(` ${call.ms < 10 ? call.ms.toFixed(1) : Math.round(call.ms)} ms`);
  const row = createElement('div', call.succeeded ? 'call' : 'call failed', pair, took,
    createElement('p', '', call.text));
  if (call.call) row.append(createElement('p', 'request-line', call.call));
  for (const [title, json] of [['What was sent', call.sent], ['What came back', call.answer]]) {
    if (!json) continue;
    const details = createElement('details', '', createElement('summary', '', title), createElement('pre', '', json));
    // The transfer is shown open, because the demo is about it.
    details.open = call.target === 'service' && call.source === 'cloud';
    row.append(details);
  }
  appendToLog(row);
}

// Marks the stages up to `reached` as done, and the next one as current or failed.
export function showProgress(reached, failed = false) {
  const last = STAGES.indexOf(reached);
  document.querySelectorAll('.progress li').forEach((stage, index) => {
    stage.className = index <= last ? 'done' : '';
    if (index === last + 1) stage.className = failed ? 'failed' : 'now';
    if (index === last + 1) stage.setAttribute('aria-current', 'step');
    else stage.removeAttribute('aria-current');
  });
}
