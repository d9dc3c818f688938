/* Single keys of the steward's pages. Plain ES2018; every hook is a data attribute.
   data-key: the key that presses this control; data-row: a line of the work list; data-keys-off: switches all of it off. */
(function () {
  'use strict';
  const doc = document;
  const OFF = 'steward.keysOff';
  const all = (selector) => Array.from(doc.querySelectorAll(selector));

  function isOff() {
    try { return localStorage.getItem(OFF) === '1'; } catch (ignored) { return false; }
  }

  function setOff(off) {
    try { localStorage.setItem(OFF, off ? '1' : '0'); } catch (ignored) { /* storage may be switched off */ }
  }

  function isTyping(target) {
    return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
      (target.tagName === 'INPUT' && !/^(checkbox|radio|button|submit)$/.test(target.type));
  }

  function currentRow(rows) {
    return rows.findIndex((row) => row.contains(doc.activeElement));
  }

  function moveRow(rows, step) {
    const place = Math.max(0, Math.min(rows.length - 1, currentRow(rows) + step));
    const link = rows[place].querySelector('a');
    if (link) link.focus();
  }

  function onRow(rows, key) {
    const row = rows[currentRow(rows)];
    if (key === 'j' || key === 'k') moveRow(rows, key === 'j' ? 1 : -1);
    else if (key === 'x' && row) {
      const box = row.querySelector('input[type=checkbox]');
      if (box) box.checked = !box.checked;
    }
  }

  doc.addEventListener('keydown', (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    if (isOff() || (window.ui && window.ui.isModalOpen())) return;
    const key = event.key.toLowerCase();
    const control = all('[data-key]').find((node) => node.getAttribute('data-key') === key);
    const rows = all('[data-row]');
    if (control) { event.preventDefault(); control.click(); }
    else if (rows.length && 'jkx'.includes(key)) { event.preventDefault(); onRow(rows, key); }
  });

  all('[data-keys-off]').forEach((box) => {
    box.checked = isOff();
    box.addEventListener('change', () => setOff(box.checked));
  });
}());
