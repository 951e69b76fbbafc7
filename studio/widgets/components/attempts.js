// The graph with the lit node and edge, and the table of turns and attempts.
// data {node, edge, turn, attempt, most, criteria, turns: [[{decision, mean|null}]]}; a mean is null where code decided alone.
export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.querySelectorAll('.node').forEach(node => node.classList.toggle('lit', node.dataset.node === data.node));
  parentElement.querySelectorAll('[data-edge]').forEach(edge => edge.classList.toggle('lit', edge.dataset.edge === data.edge));
  parentElement.querySelector('.most').textContent = data.most;
  if (data.user) parentElement.querySelector('[data-node=user_simulator] text').textContent = data.user;
  const root = emptied(parentElement);
  const table = element('table');
  const head = element('tr');
  const columns = Math.min(data.most, Math.max(5, ...data.turns.map(turn => turn.length)));
  for (const name of ['Turn', ...Array(columns).keys()]) {
    const cell = element('th', '', typeof name === 'number' ? String(name + 1) : name);
    cell.scope = 'col';
    head.append(cell);
  }
  table.append(head);
  data.turns.forEach((attempts, index) => table.append(row(attempts, index, columns, data, setTriggerValue)));
  const key = element('div', 'key');
  for (const word of ['\u2713 solved', '\u2192 pass', '\u2715 fail', 'number: mean of ' + data.criteria + ' criteria, \u2013 where code decided alone'])
    key.append(element('span', '', word));
  root.append(table, key);
}
function row(attempts, index, columns, data, setTriggerValue) {
  const line = element('tr');
  line.append(element('td', 'number', 'Turn ' + (index + 1)));
  for (let k = 0; k < columns; k++) {
    const place = element('td');
    const attempt = attempts[k];
    if (attempt) {
      const mean = attempt.mean === null ? '\u2013' : attempt.mean.toFixed(1);
      const cell = element('button', 'cell ' + attempt.decision);
      cell.append(element('span', '', GLYPH[attempt.decision]), element('span', '', mean));
      cell.setAttribute('aria-label', `Turn ${index + 1} attempt ${k + 1} ${attempt.decision} mean score ${attempt.mean === null ? 'none' : mean}`);
      cell.setAttribute('aria-pressed', String(index + 1 === data.turn && k + 1 === data.attempt));
      cell.onclick = () => setTriggerValue('pick', { turn: index + 1, attempt: k + 1 });
      place.append(cell);
    } else place.append(element('span', 'none'));
    line.append(place);
  }
  return line;
}
