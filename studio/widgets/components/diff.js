// Two texts side by side: data {heads: [[title, facts], [title, facts]], mono?, items: [{name, mark, why,
// parts: [{name, ops: [[-1|0|1, text]]}]}]}. An item marked 'same' shows its one text over both columns.
export default function ({ data, parentElement }) {
  const root = emptied(parentElement);
  root.classList.toggle('mono', Boolean(data.mono));
  if (data.heads) {
    const head = element('div', 'head');
    head.append(element('span'));
    for (const [title, facts] of data.heads) {
      const side = element('div');
      side.append(element('b', '', title), element('small', '', facts));
      head.append(side);
    }
    root.append(head);
  }
  for (const each of data.items) {
    const item = element('div', 'item');
    item.append(element('div', 'name', each.name), element('div', 'mark ' + each.mark, each.why));
    for (const part of each.parts) each.mark === 'same' ? whole(item, part) : sides(item, part);
    root.append(item);
  }
}
function whole(item, part) {
  item.append(element('span'));
  item.append(element('p', 'equal whole', part.ops.map(([, text]) => text).join('')));
}
function sides(item, part) {
  item.append(element('span'));
  const equal = part.ops.every(([change]) => change === 0);
  for (const kept of [-1, 1]) {
    const box = element('div', 'part ' + part.name);
    if (part.name) box.append(element('div', 'label', titled(part.name)));
    const text = element('p', equal ? 'equal' : '');
    for (const [change, words] of part.ops) if (change === 0 || change === kept) mark(text, change, words);
    box.append(text);
    item.append(box);
  }
}
function mark(text, change, words) {
  const inner = words.trim();
  if (change === 0 || !inner) return text.append(words);
  const at = words.indexOf(inner);
  text.append(words.slice(0, at), element(change < 0 ? 'del' : 'ins', '', inner), words.slice(at + inner.length));
}
