// Something the reader should know before going on: data {title, text, actions: [[name, label]]}. A click triggers `pick`.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = emptied(parentElement);
  const box = element('div', 'notice');
  box.setAttribute('role', 'alert');
  const words = element('div', 'text');
  words.append(element('b', '', data.title), element('div', '', data.text));
  box.append(words);
  for (const [name, label] of data.actions) {
    const button = element('button', '', label);
    button.onclick = () => setTriggerValue('pick', name);
    box.append(button);
  }
  root.append(box);
}
