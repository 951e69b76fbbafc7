// The placeholders of a template: data {groups: [{title, rows: [{name, about, state, missing, value}]}]}; a row opens on its value.
export default function ({ data, parentElement }) {
  const open = new Set([...parentElement.querySelectorAll('details[open] .name')].map(name => name.textContent));
  const root = emptied(parentElement);
  const box = element('div', 'variables');
  for (const group of data.groups) {
    const made = element('div', 'group');
    made.append(element('div', 'label', group.title));
    for (const row of group.rows) made.append(shown(row, open));
    box.append(made);
  }
  root.append(box);
}
function shown(row, open) {
  const made = element('details');
  const head = element('summary');
  head.append(element('span', 'name', '{' + row.name + '}'), element('span', 'about', row.about), element('span', 'state' + (row.missing ? ' missing' : ''), row.state));
  made.append(head, element('pre', '', row.value || 'Nothing stands here at this place.'));
  made.open = open.has('{' + row.name + '}');
  return made;
}
