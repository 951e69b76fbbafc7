// A prompt as it would be sent: data {lower, parts: [{title, facts, pieces: [[name, text]]}]}; pieces with a name are values.
export default function ({ data, parentElement }) {
  const before = parentElement.querySelector('.filled');
  const top = before ? before.scrollTop : 0;
  const root = emptied(parentElement);
  const box = element('div', 'filled' + (data.lower ? ' lower' : ''));
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', 'Prompt as it would be sent');
  const parts = data.parts.map(part => shown(part));
  parts.forEach((part, index) => {
    const next = parts[index + 1] || parts[0];
    if (parts.length > 1) {
      const jump = element('button', '', 'To ' + data.parts[(index + 1) % parts.length].title.toLowerCase());
      jump.onclick = () => { box.scrollTop = next.offsetTop - box.offsetTop; };
      part.querySelector('.title').append(jump);
    }
    box.append(part);
  });
  root.append(box);
  box.scrollTop = top;
}
function shown(part) {
  const made = element('div', 'part');
  const title = element('div', 'title');
  title.append(element('b', '', part.title), element('small', '', part.facts));
  const text = element('pre');
  for (const [name, piece] of part.pieces) {
    const span = element('span', name ? 'value' : '', piece);
    if (name) span.title = '{' + name + '}';
    text.append(span);
  }
  made.append(title, text);
  return made;
}
