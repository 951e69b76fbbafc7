// A persona: data {height?, flags: [{title, says, where}], fields: [{title, source, pieces}], posts: {title, source, texts: [pieces]}};
// pieces are [[text, what is said of it]]. A click on a flag goes through the places that it points at.
export default function ({ data, parentElement }) {
  const root = emptied(parentElement);
  const page = element('div', 'scroll');
  page.tabIndex = 0;
  if (data.height) page.style.setProperty('--height', data.height);
  if (data.flags.length) page.append(flags(data.flags, page));
  const list = element('dl');
  const known = data.fields.filter(field => field.pieces.length);
  for (const field of known) {
    const box = element('dd');
    box.append(text(field.pieces));
    list.append(element('dt', '', field.title), box, element('dd', 'source', field.source));
  }
  const unknown = data.fields.filter(field => !field.pieces.length).map(field => field.title.toLowerCase());
  if (unknown.length) list.append(element('dt', '', 'Not known'), element('dd', 'none', unknown.join(', ')), element('dd'));
  page.append(list);
  if (data.posts.texts.length) page.append(posts(data.posts));
  root.append(page);
}
function flags(all, page) {
  const list = element('ul', 'flags');
  for (const flag of all) {
    const line = element('li');
    const button = element('button');
    let next = 0;
    button.append(element('b', '', flag.title), element('span', '', flag.says), element('small', '', flag.where));
    button.onclick = () => {
      const marks = [...page.querySelectorAll('mark')].filter(mark => mark.title === flag.says);
      if (marks.length) marks[next++ % marks.length].scrollIntoView({ block: 'center' });
    };
    line.append(button);
    list.append(line);
  }
  return list;
}
function text(pieces) {
  const paragraph = element('p');
  for (const [words, says] of pieces) {
    if (!says) { paragraph.append(words); continue; }
    const mark = element('mark', '', words);
    mark.title = says;
    paragraph.append(mark);
  }
  return paragraph;
}
function posts(found) {
  const box = element('section');
  const head = element('div', 'posts');
  head.append(element('span', '', `${found.title}, ${found.texts.length}`), element('span', 'source', found.source));
  const list = element('ol');
  for (const pieces of found.texts) {
    const line = element('li');
    line.append(text(pieces));
    list.append(line);
  }
  box.append(head, list);
  return box;
}
