// The versions of a pack: data {may_revert, why, rows: [{hash, time, said, by, now, runs: [[name, words]]}]}. Triggers `pick`:
// {compare: hash}, {revert: hash} or {run: name}.
const MOST_RUNS = 4;
export default function ({ data, parentElement, setTriggerValue }) {
  const before = parentElement.querySelector('.versions');
  const top = before ? before.scrollTop : 0;
  const root = emptied(parentElement);
  const list = element('div', 'versions');
  data.rows.forEach(row => list.append(shown(row, data, setTriggerValue)));
  root.append(list);
  list.scrollTop = top;
}
function shown(row, data, setTriggerValue) {
  const made = element('div', 'version');
  const head = element('div', 'head');
  head.append(element('span', 'hash', row.hash.slice(0, 8)));
  if (row.now) head.append(element('span', 'now', 'on disk'));
  head.append(element('span', 'time', row.time));
  const act = (word, what, disabled) => {
    const button = element('button', '', word);
    button.setAttribute('aria-label', word + ' ' + row.hash.slice(0, 8));
    button.disabled = Boolean(disabled);
    if (disabled) button.title = data.why;
    button.onclick = () => setTriggerValue('pick', { [what]: row.hash });
    head.append(button);
  };
  act('Compare', 'compare');
  if (!row.now) act('Revert', 'revert', !data.may_revert);
  made.append(head, element('div', 'said', row.said));
  if (row.by) made.append(element('div', 'by', row.by));
  if (row.runs.length) made.append(runs(row.runs, setTriggerValue));
  return made;
}
function runs(names, setTriggerValue) {
  const line = element('div', 'runs');
  line.append(element('span', '', 'Used by'));
  for (const [name, words] of names.slice(0, MOST_RUNS)) {
    const button = element('button', '', words);
    button.onclick = () => setTriggerValue('pick', { run: name });
    line.append(button);
  }
  if (names.length > MOST_RUNS) line.append(element('span', '', `and ${names.length - MOST_RUNS} more`));
  return line;
}
