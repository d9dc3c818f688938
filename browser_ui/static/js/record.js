/* Keys, reveal and filters of the record browser. */
(function () {
  'use strict';
  const doc = document;
  const one = (selector) => doc.querySelector(selector);
  const all = (selector) => Array.from(doc.querySelectorAll(selector));
  const KEYS_OFF = 'record.keysOff';

  function keysAreOff() {
    try { return localStorage.getItem(KEYS_OFF) === '1'; } catch (ignored) { return false; }
  }

  function switchKeys(off) {
    try { localStorage.setItem(KEYS_OFF, off ? '1' : '0'); } catch (ignored) { /* storage may be switched off */ }
  }

  /* ---- items: J and K walk through the rows of the section ---- */
  function rows() {
    return all('#section [data-row] a[href], #section a[data-row]').filter((node) => node.offsetParent !== null);
  }

  function walk(step) {
    const list = rows();
    if (!list.length) return;
    const here = list.indexOf(doc.activeElement);
    const next = list[Math.min(list.length - 1, Math.max(0, here + step))] || list[0];
    next.focus();
    all('.focus-row').forEach((node) => node.classList.remove('focus-row'));
    const row = next.closest('tr,li');
    if (row) row.classList.add('focus-row');
    next.scrollIntoView({ block: 'nearest' });
  }

  function toggleAbnormal() {
    const record = one('#record');
    const on = record.classList.toggle('only-abnormal');
    all('[data-abnormal-switch]').forEach((button) => button.setAttribute('aria-pressed', String(on)));
    window.ui.toast(on ? '仅看异常' : '显示全部');
  }

  function back() {
    const up = one('#section [data-back]') || one('[data-key="1"]');
    if (up) up.click();
  }

  const ACTIONS = {
    '/': () => { const input = one('#find'); if (input) input.focus(); },
    j: () => walk(1),
    k: () => walk(-1),
    a: toggleAbnormal,
    p: () => { const button = one('[data-print-record]'); if (button) button.click(); },
    '?': () => window.ui.openModal(one('#keys-help')),
    Escape: back,
  };

  function typing(target) {
    return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
  }

  doc.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || window.ui.isModalOpen()) return;
    if (!one('#record')) return;
    if (typing(event.target)) { if (event.key === 'Escape') event.target.blur(); return; }
    if (keysAreOff() && event.key !== '?') return;
    if (/^[1-9]$/.test(event.key)) {
      const tab = one('[data-key="' + event.key + '"]');
      if (tab) { event.preventDefault(); tab.click(); }
      return;
    }
    const action = ACTIONS[event.key] || ACTIONS[event.key.toLowerCase()];
    if (action) { event.preventDefault(); action(); }
  });

  /* ---- the server is told which warnings stand above: when there are others by now, they come with the section ---- */
  doc.addEventListener('htmx:configRequest', (event) => {
    const warnings = one('#warnings');
    if (warnings) event.detail.headers['X-Warnings'] = warnings.getAttribute('data-stamp');
  });

  /* ---- the section that is open is marked in the menu, and announced by focus ---- */
  doc.addEventListener('htmx:afterSwap', (event) => {
    if (event.detail.target.id !== 'section' && event.detail.target.id !== 'frame') return;
    const section = one('#section');
    if (!section) return;
    all('.sd [data-key]').forEach((tab) => {
      if (tab.getAttribute('data-section') === section.getAttribute('data-section')) tab.setAttribute('aria-current', 'page');
      else tab.removeAttribute('aria-current');
    });
    section.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    showNewest();
    settle();
  });

  /* Identity and warnings stay in view while one reads on. A banner that would take the page away from the reader does not:
     what stays then says how many warnings there are. */
  function settle() {
    const banner = one('.rec .bn');
    if (!banner) return;
    const tall = banner.classList.toggle('tall', banner.offsetHeight > window.innerHeight * 0.4);
    one('.brief').classList.toggle('shown', tall && banner.getBoundingClientRect().bottom <= 0);
    doc.documentElement.style.scrollPaddingTop = (tall ? 44 : banner.offsetHeight + 4) + 'px';
  }
  window.addEventListener('resize', settle);
  window.addEventListener('scroll', settle, { passive: true });
  window.addEventListener('load', settle);
  settle();

  /* In a narrow frame a life does not fit: what is newest is seen first. */
  function showNewest() {
    all('[data-newest]').forEach((strip) => { strip.scrollLeft = strip.scrollWidth; });
  }
  showNewest();

  /* ---- reveal: one field, one logged request, thirty seconds; the page holds only the mask ---- */
  let wanted = null;

  doc.addEventListener('click', (event) => {
    const button = event.target.closest('[data-reveal],[data-reveal-yes],[data-abnormal-switch],[data-print-record],[data-open-app],[data-to-top]');
    if (!button) return;
    if (button.hasAttribute('data-reveal')) {
      wanted = button;
      if (button.hasAttribute('data-shown')) hide(button);
      else window.ui.openModal(one('#reveal'));
    } else if (button.hasAttribute('data-reveal-yes')) {
      event.preventDefault();
      const reason = one('#reveal input[name=reason]:checked');
      window.ui.closeModal();
      if (wanted && reason) reveal(wanted, reason.value);
    } else if (button.hasAttribute('data-abnormal-switch')) {
      toggleAbnormal();
    } else if (button.hasAttribute('data-to-top')) {
      window.scrollTo(0, 0);
    } else if (button.hasAttribute('data-open-app')) {
      openApp(button);
    } else {
      window.htmx.ajax('POST', button.getAttribute('data-print-record'), { swap: 'none' }).then(() => window.print());
    }
  });

  /* The window opens at once, while the click allows it; its address comes with the answer. */
  function openApp(button) {
    const tab = window.open('', '_blank');
    const address = button.getAttribute('data-open-app');
    function answered(event) {
      if (event.detail.requestConfig.path !== address) return;
      doc.removeEventListener('htmx:afterRequest', answered);
      if (!event.detail.successful) { if (tab) tab.close(); window.ui.toast('应用没有打开，请稍后重试。', 'bad'); return; }
      const told = JSON.parse(event.detail.xhr.responseText);
      if (tab) { tab.opener = null; tab.location.replace(told.launch_url); } else window.ui.toast('浏览器阻止了新窗口。', 'bad');
    }
    doc.addEventListener('htmx:afterRequest', answered);
    window.htmx.ajax('POST', address, { swap: 'none', values: { person_id: button.getAttribute('data-person-id') } });
  }

  /* ---- a request to correct an event: said, and the section shows it ---- */
  doc.addEventListener('htmx:afterRequest', (event) => {
    const form = event.target.closest && event.target.closest('form[data-correction]');
    if (!form) return;
    if (!event.detail.successful) { window.ui.toast('没有提交：请用至少 5 个字说明问题。', 'bad'); return; }
    window.ui.closeModal();
    window.ui.toast('已提交更正申请', 'ok');
    doc.dispatchEvent(new CustomEvent('record-changed'));
  });

  function reveal(button, reason) {
    const place = button.previousElementSibling;
    button.setAttribute('data-mask', place.textContent);
    window.htmx.ajax('POST', button.getAttribute('data-reveal'), { target: place, swap: 'innerHTML', values: { reason } })
      .then(() => {
        if (place.textContent === button.getAttribute('data-mask')) return;
        button.setAttribute('data-shown', '');
        button.textContent = '隐藏';
        setTimeout(() => hide(button), 30000);
      });
  }

  function hide(button) {
    if (!button.hasAttribute('data-shown')) return;
    button.removeAttribute('data-shown');
    button.previousElementSibling.textContent = button.getAttribute('data-mask');
    button.textContent = '显示';
  }

  /* What the page shows has changed on the server: fetch the open section again. */
  doc.addEventListener('record-changed', () => {
    const place = one('#section');
    const again = place.getAttribute('data-again');
    if (again) window.htmx.ajax('GET', again, { target: '#section', swap: 'outerHTML' });
  });

  /* A saved layout shows at once: the overview is fetched again, in a frame without leaving it. */
  doc.addEventListener('layout-saved', () => {
    window.ui.closeModal();
    const tab = one('[data-key="1"]');
    if (one('#frame')) window.htmx.ajax('GET', tab.getAttribute('href'), { target: '#frame', swap: 'innerHTML' });
    else window.location.assign(tab.getAttribute('href'));
  });

  doc.addEventListener('change', (event) => {
    if (event.target.matches('[data-keys-off]')) switchKeys(event.target.checked);
  });
  doc.addEventListener('focusin', (event) => {
    const box = event.target.closest('#keys-help');
    if (box) box.querySelector('[data-keys-off]').checked = keysAreOff();
  });
}());
