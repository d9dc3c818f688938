/* Large print, remembered on this device; nothing about health is ever stored in the browser. */
(function () {
  'use strict';
  const root = document.documentElement;
  const KEY = 'my.big';

  function remembered() {
    try { return localStorage.getItem(KEY) === '1'; } catch (ignored) { return false; }
  }

  function show(big) {
    root.classList.toggle('big', big);
    const button = document.querySelector('[data-big]');
    if (button) {
      button.setAttribute('aria-pressed', String(big));
      button.textContent = big ? '标准版' : '大字版';
    }
  }

  show(remembered());
  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-big]')) return;
    const big = !root.classList.contains('big');
    try { localStorage.setItem(KEY, big ? '1' : '0'); } catch (ignored) { /* storage may be switched off */ }
    show(big);
  });
}());
