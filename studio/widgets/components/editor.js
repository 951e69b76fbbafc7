// A text editor with line numbers: data {text, name, marks: [{line, message}], goto: {line, id}}. What is typed comes back as
// the state `text` when typing pauses, and at once when the field is left; Ctrl+S triggers `save`. The text in the page is
// the person's: it is set once, when the editor is made, and never written over by a rerun.
const PAUSE_MS = 400;
const SLOT = /^[ \t]*\{[a-z_]+\}[ \t]*$/;
const SPLIT = '=== user ===';
export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const box = parentElement.querySelector('.editor') || built(parentElement, data);
  Object.assign(box.kardia, { data, setStateValue, setTriggerValue });
  marked(box);
  if (data.goto && box.kardia.gone !== data.goto.id) {
    box.kardia.gone = data.goto.id;
    setTimeout(() => goTo(box, data.goto.line), 60);
  }
}
function built(parent, data) {
  const box = element('div', 'editor');
  const scroll = element('div', 'scroll');
  const sheet = element('div', 'sheet');
  const lines = element('div', 'lines');
  lines.setAttribute('aria-hidden', 'true');
  const area = element('textarea');
  area.value = data.text;
  area.setSelectionRange(0, 0);
  area.spellcheck = false;
  area.setAttribute('aria-label', data.name);
  sheet.append(lines, area);
  scroll.append(sheet);
  const foot = element('div', 'foot');
  const said = element('span', 'said');
  said.setAttribute('role', 'status');
  foot.append(element('span', 'at'), said, element('span', 'keys', 'Tab indents, Esc then Tab leaves'));
  box.append(scroll, foot);
  parent.append(box);
  box.kardia = { sent: data.text, gone: null };
  area.oninput = () => { drawn(box); later(box); };
  area.onblur = () => send(box);
  area.onkeydown = event => pressed(box, event);
  area.onkeyup = area.onclick = () => place(box);
  drawn(box);
  return box;
}
function drawn(box) {
  const lines = box.querySelector('.lines');
  const texts = box.querySelector('textarea').value.split('\n');
  while (lines.children.length > texts.length) lines.lastChild.remove();
  texts.forEach((text, index) => {
    const line = lines.children[index] || lines.appendChild(element('div', 'line'));
    if (line.firstChild && line.firstChild.textContent === text) return;
    line.replaceChildren(element('span', '', text));
    line.classList.toggle('slot', SLOT.test(text));
    line.classList.toggle('split', text.trim() === SPLIT);
  });
  marked(box);
}
function marked(box) {
  const bad = new Map((box.kardia.data ? box.kardia.data.marks : []).map(mark => [mark.line, mark.message]));
  [...box.querySelector('.lines').children].forEach((line, index) => line.classList.toggle('bad', bad.has(index + 1)));
  place(box);
}
function place(box) {
  const area = box.querySelector('textarea');
  const before = area.value.slice(0, area.selectionStart).split('\n');
  box.querySelector('.at').textContent = `Line ${before.length}, column ${before[before.length - 1].length + 1}`;
  const mark = box.kardia.data && box.kardia.data.marks.find(each => each.line === before.length);
  box.querySelector('.said').textContent = mark ? mark.message : '';
}
function later(box) {
  clearTimeout(box.kardia.timer);
  box.kardia.timer = setTimeout(() => send(box), PAUSE_MS);
}
function send(box) {
  clearTimeout(box.kardia.timer);
  const text = box.querySelector('textarea').value;
  if (text === box.kardia.sent) return;
  box.kardia.sent = text;
  box.kardia.setStateValue('text', text);
}
function pressed(box, event) {
  const area = event.target;
  if (event.key === 's' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send(box);
    box.kardia.setTriggerValue('save', Date.now());
  } else if (event.key === 'Tab' && !box.kardia.leaving) {
    event.preventDefault();
    event.shiftKey ? outdent(area) : document.execCommand('insertText', false, '  ');
  }
  box.kardia.leaving = event.key === 'Escape' || (box.kardia.leaving && event.key === 'Shift');
  event.stopPropagation();
}
function outdent(area) {
  const start = area.value.lastIndexOf('\n', area.selectionStart - 1) + 1;
  const spaces = Math.min(2, area.value.slice(start).match(/^ */)[0].length);
  const at = area.selectionStart;
  if (!spaces) return;
  area.setSelectionRange(start, start + spaces);
  document.execCommand('delete');
  area.setSelectionRange(Math.max(start, at - spaces), Math.max(start, at - spaces));
}
function goTo(box, line) {
  const area = box.querySelector('textarea');
  const texts = area.value.split('\n');
  const start = texts.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const shown = box.querySelector('.lines').children[line - 1];
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, start + (texts[line - 1] || '').length);
  if (shown) box.querySelector('.scroll').scrollTop = shown.offsetTop - 120;
  place(box);
}
