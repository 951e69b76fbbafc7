// The box of a person who speaks as the user: data {turn, ready, hint, fault, most}. It is made once, so that what is half
// written stays while the dialogue goes on around it.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.k') || made(parentElement);
  const box = root.querySelector('textarea');
  const send = root.querySelector('button');
  box.placeholder = data.hint;
  box.maxLength = data.most;
  send.disabled = !data.ready;
  root.querySelector('.fault').textContent = data.fault || '';
  root.say = () => {
    if (!box.value.trim()) return;
    root.queued = !data.ready;
    if (root.queued) {
      root.querySelector('.fault').textContent = 'It will be said as soon as it is your turn.';
      return;
    }
    setTriggerValue('said', { turn: data.turn, text: box.value });
    box.value = '';
    fit(box);
  };
  if (root.queued) root.say();
}
function made(parent) {
  const root = element('div', 'k');
  const box = element('textarea');
  const send = element('button', 'send', 'Say it');
  box.rows = 1;
  box.setAttribute('aria-label', 'Your words as the user');
  box.oninput = () => fit(box);
  box.onkeydown = event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    root.say();
  };
  send.onclick = () => { root.say(); box.focus(); };
  root.append(box, send, element('div', 'fault'));
  parent.append(root);
  box.focus({ preventScroll: true });
  return root;
}
function fit(box) {
  box.style.height = 'auto';
  box.style.height = Math.min(box.scrollHeight + 2, 160) + 'px';
}
