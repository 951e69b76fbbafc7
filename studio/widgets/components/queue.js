// A list to work through: data {label, height?, selected, rows: [{key, name, facts, tease, reasons, state, glyph}]}.
export default function ({ data, parentElement, setTriggerValue }) {
  const before = parentElement.querySelector('.scroll');
  const top = before ? before.scrollTop : 0;
  const root = emptied(parentElement);
  const list = element('ol', 'scroll');
  list.setAttribute('aria-label', data.label);
  if (data.height) list.style.setProperty('--height', data.height);
  data.rows.forEach(row => list.append(item(row, data, setTriggerValue)));
  root.append(list);
  list.scrollTop = top;
  const chosen = list.querySelector('[aria-current=true]');
  if (chosen) chosen.scrollIntoView({ block: 'nearest' });
}
function item(row, data, setTriggerValue) {
  const line = element('li');
  const button = element('button', 'row');
  button.setAttribute('aria-current', String(row.key === data.selected));
  const state = element('span', 'state ' + row.state, row.glyph);
  state.setAttribute('role', 'img');
  state.setAttribute('aria-label', row.state);
  const body = element('span', 'body');
  const head = element('span', 'head');
  head.append(element('span', 'name', row.name), element('span', 'facts', row.facts));
  body.append(head, element('span', 'tease', row.tease));
  if (row.reasons.length) {
    const reasons = element('span', 'reasons');
    for (const reason of row.reasons) reasons.append(element('span', '', reason));
    body.append(reasons);
  }
  button.append(state, body);
  button.onclick = () => setTriggerValue('pick', { key: row.key });
  button.onkeydown = event => {
    const next = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const target = next && line[next] && line[next].querySelector('button');
    if (target) { event.preventDefault(); event.stopPropagation(); target.focus(); target.click(); }
  };
  line.append(button);
  return line;
}
