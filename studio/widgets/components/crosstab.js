// Paired decisions: data {names: [decision], counts: [[number]], rows, columns}: rows are A's decisions, columns B's.
export default function ({ data, parentElement }) {
  const root = emptied(parentElement);
  const whole = data.counts.flat().reduce((sum, count) => sum + count, 0);
  const table = element('table');
  const over = element('tr');
  over.append(element('td', 'edge'), element('td', 'named'));
  const across = element('th', 'axis', data.columns);
  across.colSpan = data.names.length;
  over.append(across, element('td', 'sum'));
  const head = element('tr');
  head.append(element('td'), element('td'));
  for (const name of data.names) head.append(header(name, 'col'));
  head.append(element('td', 'sum', 'all'));
  table.append(over, head);
  data.names.forEach((name, i) => table.append(row(name, i, data, whole)));
  const foot = element('tr');
  foot.append(element('td'), element('td', 'sum', 'all'));
  data.names.forEach((_, j) => foot.append(element('td', 'sum', String(total(data.counts.map(each => each[j]))))));
  foot.append(element('td', 'sum', String(whole)));
  table.append(foot);
  root.append(table);
}
function row(name, i, data, whole) {
  const line = element('tr');
  if (i === 0) {
    const down = element('th', 'axis down', data.rows);
    down.rowSpan = data.names.length;
    line.append(down);
  }
  line.append(header(name, 'row'));
  data.counts[i].forEach((count, j) => {
    const cell = element('td', 'cell' + (i === j ? ' same' : count ? ' ' + data.names[j] : ''));
    cell.append(element('b', '', count ? String(count) : '\u00b7'));
    if (count) cell.append(element('small', '', Math.round(100 * count / whole) + ' %'));
    line.append(cell);
  });
  line.append(element('td', 'sum', String(total(data.counts[i]))));
  return line;
}
function header(name, scope) {
  const cell = element('th');
  cell.scope = scope;
  cell.append(badge(name));
  return cell;
}
const total = counts => counts.reduce((sum, count) => sum + count, 0);
