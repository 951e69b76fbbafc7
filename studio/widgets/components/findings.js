// What is wrong with a pack: data [{file, line, message}]. A click triggers `pick` with the finding's file and line.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = emptied(parentElement);
  for (const finding of data) {
    const made = element('button', 'finding');
    made.append(element('span', 'where', finding.line ? `${finding.file}, line ${finding.line}` : finding.file), element('span', 'what', finding.message));
    made.onclick = () => setTriggerValue('pick', { file: finding.file, line: finding.line || 1 });
    root.append(made);
  }
}
