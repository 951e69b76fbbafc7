// Text enters a page through textContent alone, so that nobody's words can become markup.
const GLYPH = { SOLVED: '\u2713', PASS: '\u2192', FAIL: '\u2715' };
const element = (tag, style, text) => {
  const made = document.createElement(tag);
  if (style) made.className = style;
  if (text !== undefined) made.textContent = text;
  return made;
};
const titled = word => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
const badge = decision => {
  const made = element('span', 'decision ' + decision);
  const glyph = element('span', '', GLYPH[decision]);
  glyph.setAttribute('aria-hidden', 'true');
  made.append(glyph, element('span', '', titled(decision)));
  return made;
};
const emptied = parent => {
  let root = parent.querySelector('.k');
  if (!root) parent.append(root = element('div', 'k'));
  root.replaceChildren();
  return root;
};
