// The marks of a decision: data [{name, score, low, top, reason, evidence}].
export default function ({ data, parentElement }) {
  const root = emptied(parentElement);
  for (const mark of data) {
    const row = element('div', 'row' + (mark.low ? ' low' : ''));
    const boxes = element('div', 'boxes');
    for (let i = 1; i <= mark.top; i++) boxes.append(element('i', i <= mark.score ? 'on' : ''));
    boxes.setAttribute('aria-hidden', 'true');
    const reason = element('div', 'reason', mark.reason);
    if (mark.evidence) reason.append(element('q', '', mark.evidence));
    row.append(element('div', '', mark.name), boxes, element('div', 'value', String(mark.score)), reason);
    root.append(row);
  }
}
