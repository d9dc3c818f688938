/* Behaviours shared by all pages. Plain ES2018 without a build step; every hook is a data attribute,
   because the content policy refuses inline handlers. */
(function () {
  'use strict';
  const doc = document;
  const one = (selector, root) => (root || doc).querySelector(selector);
  const all = (selector, root) => Array.from((root || doc).querySelectorAll(selector));
  const FOCUSABLE = 'a[href],button:not([disabled]),input:not([disabled]):not([type=hidden]),select,textarea,[tabindex="0"]';

  /* ---- modal: our own element instead of <dialog>, whose close event old Chromium shells lose ---- */
  let opened = null;
  let returnTo = null;

  function openModal(veil) {
    if (opened) closeModal();
    returnTo = doc.activeElement;
    opened = veil;
    veil.hidden = false;
    const first = one('[autofocus]', veil) || one(FOCUSABLE, veil);
    if (first) first.focus();
  }

  function closeModal() {
    if (!opened) return;
    const veil = opened;
    opened = null;
    veil.hidden = true;
    if (veil.hasAttribute('data-once')) veil.remove();
    if (returnTo && doc.contains(returnTo)) returnTo.focus();
  }

  function keepFocusInside(event) {
    const stops = all(FOCUSABLE, opened).filter((node) => node.offsetParent !== null);
    if (!stops.length) return;
    const first = stops[0];
    const last = stops[stops.length - 1];
    if (event.shiftKey && doc.activeElement === first) { event.preventDefault(); last.focus(); }
    else if (!event.shiftKey && doc.activeElement === last) { event.preventDefault(); first.focus(); }
  }

  function element(tag, className, text) {
    const node = doc.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  }

  function ask(question, onYes, danger) {
    const veil = element('div', 'veil');
    veil.setAttribute('data-once', '');
    const box = element('div', 'modal');
    box.setAttribute('role', 'alertdialog');
    box.setAttribute('aria-modal', 'true');
    box.setAttribute('aria-labelledby', 'ask-title');
    box.setAttribute('aria-describedby', 'ask-text');
    const title = element('h2', '', '请确认');
    title.id = 'ask-title';
    const text = element('p', '', question);
    text.id = 'ask-text';
    const body = element('div', 'body');
    const row = element('div', 'acts-row');
    const no = element('button', 'btn', '取消');
    const yes = element('button', danger ? 'btn danger primary' : 'btn primary', '确定');
    no.type = yes.type = 'button';
    no.addEventListener('click', closeModal);
    yes.addEventListener('click', () => { closeModal(); onYes(); });
    row.append(no, yes);
    body.append(text, row);
    box.append(title, body);
    veil.append(box);
    doc.body.append(veil);
    openModal(veil);
    (danger ? no : yes).focus();
  }

  /* ---- toast ---- */
  function toast(text, kind) {
    const area = one('#toasts');
    if (!area || !text) return;
    const node = element('div', 'toast' + (kind ? ' ' + kind : ''), text);
    area.append(node);
    setTimeout(() => node.remove(), kind === 'bad' ? 12000 : 5000);
  }

  /* ---- forms: asked for confirmation, sent in the background, faults shown beside the fields ---- */
  const NOTICE = 'ui.notice';

  function sendForm(form, button) {
    const next = form.getAttribute('data-next');
    const data = new FormData(form);
    if (button && button.name) data.append(button.name, button.value);
    const files = form.enctype === 'multipart/form-data';
    if (button) button.disabled = true;
    fetch(form.getAttribute('action') || window.location.href, {
      method: form.getAttribute('data-method') || 'POST',
      credentials: 'same-origin',
      headers: { Accept: 'application/json', 'X-CSRF-Token': csrf() },
      body: files ? data : new URLSearchParams(data),
    }).then((response) => response.text().then((text) => {
      if (!response.ok) { showFaults(form, response.status, text); return; }
      if (form.hasAttribute('data-told-once')) { tellOnce(form.getAttribute('data-told-once'), text); return; }
      if (form.hasAttribute('data-done')) keepNotice(form.getAttribute('data-done'));
      if (next) window.location.assign(fill(next, text));
      else if (response.redirected) window.location.assign(response.url);
      else window.location.reload();
    })).catch(() => toast('网络不通，请检查连接后重试。', 'bad'))
      .then(() => { if (button) button.disabled = false; });
  }

  /* A first password is told once: it stays on the screen until it was written down. */
  function tellOnce(label, text) {
    const answer = JSON.parse(text);
    ask(label + '：' + answer.login_name + ' / ' + answer.password + '（只显示一次，请抄录）', () => window.location.reload());
  }

  function csrf() {
    const meta = one('meta[name=csrf-token]');
    return meta ? meta.content : '';
  }

  function fill(address, text) {
    let answer = {};
    try { answer = JSON.parse(text) || {}; } catch (ignored) { /* an empty answer fills nothing */ }
    return address.replace(/\{(\w+)\}/g, (whole, name) => encodeURIComponent(answer[name]));
  }

  function showFaults(form, status, text) {
    clearFaults(form);
    let error = null;
    try { error = JSON.parse(text).error; } catch (ignored) { /* not ours: a proxy's page */ }
    const findings = (error && error.facts && error.facts.findings) || [];
    const left = findings.filter((finding) => !placeFault(form, finding));
    if (left.length) listFaults(form, left);
    if (left.length < findings.length) one('[aria-invalid=true]', form).focus();
    else toast(error ? words(error) : '操作没有完成（' + status + '），请稍后重试。', 'bad');
  }

  /* What stands beside no field of the form (the rows of a file) is listed under it: row, column, value, what is wrong. */
  function listFaults(form, findings) {
    const list = element('ul', 'error faults');
    list.setAttribute('data-fault', '');
    list.setAttribute('role', 'alert');
    findings.slice(0, 20).forEach((finding) => {
      const where = (finding.row ? '第 ' + finding.row + ' 行 ' : '') + (finding.label || '');
      const value = finding.value ? '“' + finding.value + '”' : '';
      list.append(element('li', '', [where + value, finding.problem].filter(Boolean).join('：')));
    });
    if (findings.length > 20) list.append(element('li', '', '另有 ' + (findings.length - 20) + ' 处'));
    form.append(list);
  }

  function clearFaults(form) {
    all('.error[data-fault]', form).forEach((node) => node.remove());
    all('[aria-invalid]', form).forEach((node) => node.removeAttribute('aria-invalid'));
  }

  function placeFault(form, finding) {
    const input = finding.row ? null : form.elements[String(finding.field || '').split('.')[0]];
    const target = input && (input.length && !input.options ? input[0] : input);
    if (!target || target.type === 'hidden') return false;
    const text = element('p', 'error', finding.problem);
    text.id = target.id + '-fault';
    text.setAttribute('data-fault', '');
    target.setAttribute('aria-invalid', 'true');
    target.setAttribute('aria-describedby', text.id);
    target.parentNode.append(text);
    return true;
  }

  function keepNotice(text) {
    try { sessionStorage.setItem(NOTICE, text); } catch (ignored) { /* storage may be switched off */ }
  }

  function showKeptNotice() {
    try {
      const text = sessionStorage.getItem(NOTICE);
      sessionStorage.removeItem(NOTICE);
      if (text) toast(text, 'ok');
    } catch (ignored) { /* storage may be switched off */ }
  }
  showKeptNotice();

  function proceed(form, button) {
    if (form.hasAttribute('data-send')) { sendForm(form, button); return; }
    form.submit();
  }

  doc.addEventListener('submit', (event) => {
    const form = event.target;
    const question = form.getAttribute('data-confirm');
    if (form.hasAttribute('hx-post') || (!question && !form.hasAttribute('data-send'))) return;
    event.preventDefault();
    const button = event.submitter || one('button:not([type=button])', form);
    if (question) ask(question, () => proceed(form, button), form.hasAttribute('data-danger'));
    else proceed(form, button);
  });
  doc.addEventListener('htmx:confirm', (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, () => event.detail.issueRequest(true), event.target.hasAttribute('data-danger'));
  });

  /* ---- clicks ---- */
  doc.addEventListener('click', (event) => {
    const hook = event.target.closest('[data-toggle],[data-modal],[data-close],[data-print],[data-check-all],[data-add-row],[data-drop-row]');
    if (!hook) {
      if (opened && event.target === opened) closeModal();
      return;
    }
    if (hook.hasAttribute('data-toggle')) {
      const open = one(hook.getAttribute('data-toggle')).classList.toggle('open');
      hook.setAttribute('aria-expanded', String(open));
    } else if (hook.hasAttribute('data-modal')) {
      event.preventDefault();
      openModal(one(hook.getAttribute('data-modal')));
    } else if (hook.hasAttribute('data-close')) {
      event.preventDefault();
      closeModal();
    } else if (hook.hasAttribute('data-print')) {
      window.print();
    } else if (hook.hasAttribute('data-check-all')) {
      all('input[type=checkbox][name="' + hook.getAttribute('data-check-all') + '"]')
        .forEach((box) => { box.checked = hook.checked; });
    } else if (hook.hasAttribute('data-add-row')) {
      const template = one(hook.getAttribute('data-add-row'));
      template.parentNode.insertBefore(template.content.cloneNode(true), template);
    } else if (hook.hasAttribute('data-drop-row')) {
      hook.closest(hook.getAttribute('data-drop-row')).remove();
    }
  });
  doc.addEventListener('keydown', (event) => {
    if (!opened) return;
    if (event.key === 'Escape') closeModal();
    else if (event.key === 'Tab') keepFocusInside(event);
  });

  /* ---- file preview: images are shown, text is shown as text, others by name and size ---- */
  function preview(input) {
    const area = one('#' + input.id + '-preview');
    const file = input.files[0];
    if (!area) return;
    area.textContent = '';
    if (!file) return;
    area.append(element('p', 'hint', file.name + ' · ' + Math.ceil(file.size / 1024) + ' KB'));
    const reader = new FileReader();
    if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
      reader.onload = () => {
        const image = element('img');
        image.alt = '所选图片预览';
        image.src = reader.result;
        area.append(image);
      };
      reader.readAsDataURL(file);
    } else if (/^text\/|json$|xml$|csv$/.test(file.type)) {
      reader.onload = () => area.append(element('pre', 'pre small', String(reader.result)));
      reader.readAsText(file.slice(0, 4000));
    }
  }
  doc.addEventListener('change', (event) => {
    const input = event.target;
    if (input.matches('input[type=file][data-preview]')) preview(input);
    if (input.matches('[data-submit-on-change]')) {
      if (input.form.requestSubmit) input.form.requestSubmit();
      else input.form.submit();
    }
  });

  /* ---- answers of the server: errors become a toast, never a blank area ---- */
  function words(error) {
    return error.message + '（' + error.code + '，编号 ' + error.request_id + '）';
  }

  function explain(request) {
    try {
      return words(JSON.parse(request.responseText).error);
    } catch (ignored) {
      return '操作没有完成（' + request.status + '），请稍后重试。';
    }
  }
  doc.addEventListener('htmx:responseError', (event) => {
    if (event.detail.xhr.status === 401) { toast('登录已失效，请重新登录。', 'bad'); return; }
    toast(explain(event.detail.xhr), 'bad');
  });
  doc.addEventListener('htmx:sendError', () => toast('网络不通，请检查连接后重试。', 'bad'));
  doc.addEventListener('htmx:timeout', () => toast('服务器没有及时回答，请重试。', 'bad'));
  doc.addEventListener('notice', (event) => toast(event.detail.value || event.detail.text, event.detail.kind));

  window.ui = { ask, toast, openModal, closeModal, isModalOpen: () => opened !== null };
}());
