// Every visible text with its contrast to what lies behind it, shadow roots too: [{text, ratio, least, colour, behind, where}] of those under their limit.
() => {
  const parts = colour => {
    const canvas = (window.kardiaProbe ||= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true }));
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = colour => {
    const [red, green, blue] = colour.slice(0, 3).map(part => part / 255).map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const parent = element => element.assignedSlot || element.parentElement || (element.getRootNode() instanceof ShadowRoot ? element.getRootNode().host : null);
  const chain = element => {
    const found = [];
    for (let at = element; at; at = parent(at)) found.push(at);
    return found;
  };
  const behind = ancestors => {
    let colour = [255, 255, 255, 1];
    for (const element of [...ancestors].reverse()) colour = over(parts(getComputedStyle(element).backgroundColor), colour);
    return colour;
  };
  const within = (inner, outer) => inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;
  const drawnBehind = element => {
    if (!(element instanceof SVGElement)) return [0, 0, 0, 0];
    const box = element.getBoundingClientRect();
    const shape = [...element.parentElement.querySelectorAll(':scope > rect, :scope > circle')].find(each => within(box, each.getBoundingClientRect()));
    return shape ? parts(getComputedStyle(shape).fill) : [0, 0, 0, 0];
  };
  const shown = (element, range) => {
    const boxes = [...range.getClientRects()];
    return boxes.some(box => box.width > 1 && box.height > 1) && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const cut = ancestors => ancestors.some(element => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return style.overflow === 'hidden' && (box.width <= 1 || box.height <= 1);
  });
  const disabled = ancestors => ancestors.some(element => element.disabled || element.getAttribute('aria-disabled') === 'true');
  const faults = [];
  const look = text => {
    const element = text.parentElement || text.getRootNode().host;
    if (!text.textContent.trim() || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEXTAREA'].includes(element.tagName)) return;
    const range = document.createRange();
    range.selectNodeContents(text);
    if (shown(element, range)) judge(element, text.textContent);
  };
  const lookInto = field => {
    if (['TEXTAREA', 'INPUT'].includes(field.tagName) && field.value && field.type !== 'checkbox' && field.type !== 'radio' && shown(field, field)) judge(field, field.value);
  };
  const judge = (element, said) => {
    const ancestors = chain(element);
    if (cut(ancestors) || disabled(ancestors)) return;
    const style = getComputedStyle(element);
    const ground = over(drawnBehind(element), behind(ancestors));
    const drawn = parts(element instanceof SVGElement ? style.fill : style.color);
    if (drawn[3] === 0 && ancestors.some(each => each.ariaHidden === 'true')) return;
    drawn[3] *= ancestors.reduce((all, each) => all * Number(getComputedStyle(each).opacity), 1);
    const pixels = parseFloat(style.fontSize);
    const large = pixels >= 24 || (pixels >= 18.66 && Number(style.fontWeight) >= 700);
    const icon = style.fontFamily.includes('Material Symbols');
    const least = large || icon ? 3 : 4.5;
    const found = ratio(over(drawn, ground), ground);
    if (found < least)
      faults.push({
        text: said.trim().slice(0, 60), ratio: Math.round(found * 100) / 100, least, colour: style.color, behind: ground.slice(0, 3).join(','),
        where: ancestors.slice(0, 6).map(each => each.dataset?.testid || each.className?.baseVal || each.className || each.tagName).map(String).map(name => name.slice(0, 40)).join(' < '),
      });
  };
  const walk = root => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = texts.nextNode(); node; node = texts.nextNode())
      if (node.nodeType === Node.TEXT_NODE) look(node);
      else if (node.shadowRoot) walk(node.shadowRoot);
      else lookInto(node);
  };
  walk(document.body);
  return faults;
};
