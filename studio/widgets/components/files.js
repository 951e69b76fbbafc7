// The files of a pack: data {chosen, groups: [{title, files: [{name, changed, findings}]}], note}. A click triggers `pick`.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = emptied(parentElement);
  for (const group of data.groups) {
    const box = element('div', 'group');
    box.append(element('div', 'label', group.title));
    group.files.forEach(file => box.append(button(file, data.chosen, setTriggerValue)));
    root.append(box);
  }
  if (data.note) root.append(element('div', 'note', data.note));
}
function button(file, chosen, setTriggerValue) {
  const made = element('button', 'file');
  made.append(element('span', 'name', file.name));
  if (file.findings) made.append(element('span', 'bad', String(file.findings)));
  if (file.changed) made.append(element('span', 'changed'));
  const states = [file.changed ? 'unsaved' : '', file.findings ? file.findings + ' findings' : ''].filter(Boolean);
  made.setAttribute('aria-label', [file.name, ...states].join(', '));
  made.title = states.join(', ');
  made.setAttribute('aria-current', String(file.name === chosen));
  made.onclick = () => setTriggerValue('pick', file.name);
  return made;
}
