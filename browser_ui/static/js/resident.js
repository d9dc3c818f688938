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

  /* An app's request: the answer names where to go back to; a plain form could not follow it to another origin. */
  const asking = document.querySelector('form[data-authorise]');
  if (asking) {
    asking.addEventListener('click', (event) => {
      const button = event.target.closest('button[name=agreed]');
      if (!button) return;
      event.preventDefault();
      const body = new URLSearchParams(new FormData(asking));
      body.set('agreed', button.value);
      fetch(asking.getAttribute('action'), {
        method: 'POST',
        headers: { 'X-CSRF-Token': document.querySelector('meta[name=csrf-token]').content, Accept: 'application/json' },
        body,
      }).then((answer) => answer.json().then((told) => {
        if (answer.ok) { window.location.assign(told.location); return; }
        const place = asking.querySelector('[data-authorise-error]');
        place.textContent = told.error.message;
        place.hidden = false;
      }));
    });
  }

  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-big]')) return;
    const big = !root.classList.contains('big');
    try { localStorage.setItem(KEY, big ? '1' : '0'); } catch (ignored) { /* storage may be switched off */ }
    show(big);
  });
}());
