"""FAULTS: a script that lists what would keep somebody from reading or using what is on the screen now.

contrast   a text below WCAG 2.2 AA on its ground
target     a control smaller than 44 px
outside    a control that sticks out of the screen
covered    a control with something else lying on it
cut        a text that does not fit its button, bubble or line
nameless   a control without a name for a screen reader, a picture without words
doubled    one id twice
wide       the page scrolls sideways
"""

FAULTS = """() => {
  const rgb = text => { const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(c => { c /= 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05); };
  const ground = one => { for (let e = one; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
  const seen = e => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.unseen');
  const clipped = (e, x, y) => { for (let p = e.parentElement; p; p = p.parentElement) {
    if (getComputedStyle(p).overflow === 'visible') continue;
    const b = p.getBoundingClientRect(); if (x < b.left || x > b.right || y < b.top || y > b.bottom) return true; }
    return x < 0 || y < 0 || x > innerWidth || y > innerHeight; };
  const name = e => (e.getAttribute('aria-label') || e.alt || [...(e.labels || [])].map(l => l.textContent).join()
    || (e.matches('input, select') ? '' : e.textContent)).trim();
  const faults = [];
  const say = (what, e, n = '') => faults.push(`${what} ${n} <${e.tagName} class="${e.className}"> ${e.textContent}`);

  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, s = getComputedStyle(e);
    if (!walk.currentNode.data.trim() || e.closest('[aria-busy], option, template, script') || !seen(e)) continue;
    texts += 1;
    const large = parseFloat(s.fontSize) >= 24 || (parseFloat(s.fontSize) >= 18.66 && s.fontWeight >= 700);
    const n = ratio(rgb(s.color), ground(e));
    if (n < (large ? 3 : 4.5)) say('contrast', e, n.toFixed(2));
  }
  for (const e of document.querySelectorAll('a, button, input, select, summary')) {
    if (!seen(e)) continue;
    const s = getComputedStyle(e), box = e.getBoundingClientRect();
    if (box.height < 43.9 || box.width < 43.9) say('target', e, `${box.width}x${box.height}`);
    if (box.right > innerWidth + 0.5 || box.left < -0.5) say('outside', e, box.right);
    if (!name(e)) say('nameless', e);
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    if (!clipped(e, x, y) && !e.contains(document.elementFromPoint(x, y))) say('covered', e);
    if (e.matches('input')) {
      if (ratio(rgb(s.borderTopColor), ground(e.parentElement)) < 3) say('contrast', e, 'border');
      const hint = getComputedStyle(e, '::placeholder');
      if (ratio(rgb(hint.color), rgb(s.backgroundColor)) < 4.5) say('contrast', e, 'hint');
    }
  }
  for (const e of document.querySelectorAll('.key, button, .bubble, dt, dd, p, li, h1, h3, summary')) {
    const high = e.matches('.key, button') && e.scrollHeight > e.clientHeight + 1;
    if (seen(e) && (high || e.scrollWidth > e.clientWidth + 1)) say('cut', e, `${e.scrollWidth}>${e.clientWidth}`);
  }
  for (const e of document.querySelectorAll('img')) if (!e.alt) say('nameless', e, 'picture');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`doubled ${id}`);
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`wide ${document.documentElement.scrollWidth}`);
  if (texts < 5) faults.push('nothing was looked at');
  return faults;
}"""
