// A reply by its spans: data {spans: [[name, text]], notes: [{title, text, quiet}]}.
export default function ({ data, parentElement }) {
  const root = emptied(parentElement);
  for (const [name, text] of data.spans) {
    const span = element('div', 'span ' + name);
    span.append(element('div', 'label', titled(name)), element('p', '', text));
    root.append(span);
  }
  for (const note of data.notes || []) {
    const box = element('div', 'note' + (note.quiet ? ' quiet' : ''));
    box.append(element('div', 'label', note.title), element('p', '', note.text));
    root.append(box);
  }
}
