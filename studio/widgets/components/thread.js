// A dialogue as a chat: data {situation, selected, height?, turns: [{utterance, response, decision, emotion, attempts, waiting}]}.
export default function ({ data, parentElement, setTriggerValue }) {
  const before = parentElement.querySelector('.scroll');
  const atEnd = before && before.scrollTop + before.clientHeight >= before.scrollHeight - 8;
  const top = before ? before.scrollTop : 0;
  const held = before ? [...before.querySelectorAll('button')].indexOf(parentElement.getRootNode().activeElement) : -1;
  const root = emptied(parentElement);
  const list = element('ol', 'scroll');
  if (data.height) list.style.setProperty('--height', data.height);
  const situation = element('li', 'situation');
  situation.append(element('div', 'label', 'Situation'), element('p', '', data.situation));
  list.append(situation);
  data.turns.forEach((turn, index) => list.append(item(turn, index, data, setTriggerValue)));
  root.append(list);
  if (held >= 0) list.querySelectorAll('button')[held]?.focus({ preventScroll: true });
  list.scrollTop = data.follow && (atEnd || !before) ? list.scrollHeight : top;
  const chosen = list.querySelector('[aria-current=true]');
  if (chosen && !before && !data.follow) list.scrollTop = Math.max(0, chosen.offsetTop - list.offsetTop - 60);
}
function item(turn, index, data, setTriggerValue) {
  const line = element('li');
  const button = element('button', 'turn');
  button.setAttribute('aria-current', String(index === data.selected));
  const body = element('span');
  if (turn.utterance) body.append(element('div', 'label', 'User'), element('div', 'said', turn.utterance));
  if (turn.response !== null) body.append(element('div', 'label', 'Reply'), element('div', 'reply', turn.response));
  const meta = element('div', 'meta');
  if (turn.decision) meta.append(badge(turn.decision));
  if (turn.emotion) meta.append(element('span', 'emotion', turn.emotion));
  if (turn.attempts > 1) meta.append(element('span', '', turn.attempts + ' attempts'));
  if (turn.waiting) meta.append(element('span', 'waiting', turn.waiting));
  body.append(meta);
  button.append(element('span', 'number', String(index + 1)), body);
  button.onclick = () => setTriggerValue('pick', { turn: index + 1, attempt: Math.max(turn.attempts, 1) });
  button.onkeydown = event => {
    const next = { j: 'nextElementSibling', ArrowDown: 'nextElementSibling', k: 'previousElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const target = next && line[next] && line[next].querySelector('button');
    if (target) { event.preventDefault(); event.stopPropagation(); target.focus(); target.click(); }
  };
  line.append(button);
  return line;
}
