// The states that changed most: data {selected, rows: [{state, dialogue, turn, utterance, a: [decision], b: [decision], score, again, words}]}.
// score and again are texts, and what stands beneath it; a click picks a state, J and K go up and down.
export default function ({ data, parentElement, setTriggerValue }) {
  const before = parentElement.querySelector('.list');
  const top = before ? before.scrollTop : 0;
  const root = emptied(parentElement);
  const list = element('ol', 'list');
  data.rows.forEach(row => list.append(item(row, data, setTriggerValue)));
  root.append(list);
  list.scrollTop = top;
  const chosen = list.querySelector('[aria-current=true]');
  if (chosen && !before) list.scrollTop = Math.max(0, chosen.offsetTop - list.offsetTop - 60);
}
function item(row, data, setTriggerValue) {
  const line = element('li');
  const button = element('button', 'row');
  button.setAttribute('aria-current', String(row.state === data.selected));
  const way = element('span', 'way');
  way.append(side(row.a), element('span', 'arrow', '\u2192'), side(row.b));
  const body = element('span', 'body');
  body.append(element('span', 'said', row.utterance), element('span', 'facts', `turn ${row.turn} \u00b7 ${row.words} of words \u00b7 ${row.dialogue}`));
  const score = element('span', 'score');
  score.append(element('b', '', row.score), element('span', 'facts', row.again));
  button.append(way, body, score);
  button.onclick = () => setTriggerValue('pick', { state: row.state });
  button.onkeydown = event => {
    const next = { j: 'nextElementSibling', ArrowDown: 'nextElementSibling', k: 'previousElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const target = next && line[next] && line[next].querySelector('button');
    if (target) { event.preventDefault(); event.stopPropagation(); target.focus(); target.click(); }
  };
  line.append(button);
  return line;
}
function side(decisions) {
  const made = element('span', 'side');
  for (const decision of decisions.slice(0, 3)) {
    const mark = element('span', 'mark ' + decision, GLYPH[decision]);
    mark.title = titled(decision);
    mark.setAttribute('aria-label', titled(decision));
    made.append(mark);
  }
  return made;
}
