/* Forms of business capabilities: asked again after every answer what is shown, computed and prompted; sent as JSON. */
(function () {
  'use strict';
  document.querySelectorAll('[data-import]').forEach(importing);

  /* An import tells row by row what was not taken in. */
  function importing(sheet) {
    sheet.addEventListener('submit', (event) => {
      event.preventDefault();
      const area = sheet.parentNode.querySelector('[data-import-result]');
      const into = sheet.querySelector('[data-import-into]');
      const data = new FormData(sheet);
      data.append('apply', sheet.querySelector('[data-only-try]').checked ? 'false' : 'true');
      area.textContent = '正在导入……';
      const meta = document.querySelector('meta[name=csrf-token]');
      fetch(into ? into.value : sheet.getAttribute('action'), {
        method: 'POST', credentials: 'same-origin', body: data,
        headers: { Accept: 'application/json', 'X-CSRF-Token': meta ? meta.content : '' },
      }).then((response) => response.json()).then((answer) => told(area, answer))
        .catch(() => { area.textContent = '没有完成，请检查网络后重试；已导入的行不会重复。'; });
    });
  }

  function told(area, answer) {
    area.textContent = '';
    const line = (kind, text) => {
      const node = document.createElement('p');
      node.className = 'note ' + kind;
      node.textContent = text;
      area.append(node);
    };
    if (answer.error) { line('bad', answer.error.message); return; }
    line('ok', (answer.applied ? '已导入 ' : '可以导入 ') + answer.accepted + ' 行，未通过 ' + answer.refused.length + ' 行。');
    answer.refused.forEach((row) => line('warn', '第 ' + row.row + ' 行 ' + row.name + '：' + row.problem));
  }

  const form = document.querySelector('[data-engine-form]');
  if (!form) return;
  const one = (selector, root) => (root || document).querySelector(selector);
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  let timer = null;
  let round = 0;
  let sending = false;

  function valueOf(box) {
    const kind = box.getAttribute('data-kind');
    if (kind === 'computed') return undefined;
    if (kind === 'checks') return all('input:checked', box).map((input) => input.value);
    if (kind === 'radio') {
      const chosen = one('input:checked', box);
      return chosen ? chosen.value : '';
    }
    if (kind === 'unit') return one('input', box).getAttribute('data-unit');
    return one('input,select,textarea', box).value.trim();
  }

  function answers() {
    const found = {};
    all('[data-field]', form).forEach((box) => {
      if (box.closest('[hidden]')) return;
      const value = valueOf(box);
      if (value === box.getAttribute('data-proposed')) return; /* nobody typed it: it follows what it comes from */
      if (value !== undefined && value !== '' && !(Array.isArray(value) && !value.length)) found[box.getAttribute('data-field')] = value;
    });
    return found;
  }

  function body(confirmed) {
    const made = { answers: answers(), confirmed: confirmed };
    all('[data-body]', form).forEach((input) => {
      if (!input.value.trim()) return;
      const parts = input.getAttribute('data-body').split('.');
      const target = parts.length > 1 ? (made[parts[0]] = made[parts[0]] || {}) : made;
      target[parts[parts.length - 1]] = input.value.trim();
    });
    return made;
  }

  function send(address, method, data) {
    const meta = one('meta[name=csrf-token]');
    return fetch(address, {
      method: method,
      credentials: 'same-origin',
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRF-Token': meta ? meta.content : '' },
      body: JSON.stringify(data),
    }).then((response) => response.text().then((text) => {
      let parsed = null;
      try { parsed = JSON.parse(text); } catch (ignored) { /* an empty answer, or a proxy's page */ }
      return { ok: response.ok, status: response.status, data: parsed };
    }));
  }

  /* ---- what is shown, computed and prompted ---- */
  function look() {
    const address = form.getAttribute('data-check');
    if (!address) return;
    const mine = ++round;
    send(address, 'POST', body(false)).then((answer) => {
      if (mine !== round || !answer.ok || !answer.data) return;
      show(answer.data);
    }).catch(() => { /* the form still works; the server judges when it is sent */ });
  }

  function show(trial) {
    all('[data-field]', form).forEach((box) => {
      const code = box.getAttribute('data-field');
      box.hidden = trial.hidden.indexOf(code) >= 0;
      if (box.getAttribute('data-kind') === 'computed') one('output', box).textContent = wordsOf(box, trial.computed[code]);
      else if (trial.computed[code] !== undefined) propose(box, String(trial.computed[code]));
      else if (box.hasAttribute('data-proposed') && valueOf(box) === box.getAttribute('data-proposed')) withdraw(box);
    });
    all('[data-section]', form).forEach((section) => {
      section.hidden = all('[data-field]', section).every((box) => box.hidden);
    });
    const area = one('[data-prompts]');
    area.textContent = '';
    trial.prompts.forEach((prompt) => {
      const note = document.createElement('p');
      note.className = 'note ' + (prompt.level === 'urgent' ? 'bad' : prompt.level === 'warn' ? 'warn' : '');
      const title = document.createElement('b');
      title.textContent = prompt.label + '：';
      note.append(title, prompt.text);
      area.append(note);
    });
  }

  /* What stands there while nothing was typed: an answer given while the server was still asked stays as it is. */
  function propose(box, value) {
    const given = valueOf(box);
    if (given && given.length && given !== box.getAttribute('data-proposed')) return;
    const option = one('input[value="' + value + '"]', box);
    const plain = one('select,textarea,input[type=text]:not([data-unit]),input[type=date]', box);
    if (option) option.checked = true;
    else if (plain && document.activeElement !== plain) plain.value = value;
    else return;
    box.setAttribute('data-proposed', value);
  }

  /* What it came from was taken back. */
  function withdraw(box) {
    all('input:checked', box).forEach((input) => { input.checked = false; });
    const plain = one('select,textarea,input[type=text],input[type=date]', box);
    if (plain) plain.value = '';
    box.removeAttribute('data-proposed');
  }

  function wordsOf(box, value) {
    if (value === undefined || value === null) return '—';
    if (typeof value === 'boolean') return value ? '是' : '否';
    const option = one('[data-option="' + value + '"]', box);
    return option ? option.getAttribute('data-label') : String(value);
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(look, 250);
  }
  /* What was wrong with an answer is not said of the one that takes its place. */
  form.addEventListener('input', (event) => {
    const box = event.target.closest('.field');
    if (!box) return;
    all('[data-fault]', box).forEach((node) => node.remove());
    event.target.removeAttribute('aria-invalid');
  });
  form.addEventListener('input', later);
  form.addEventListener('change', later);
  /* A form is filled in by keyboard from its first question on; the day stands there already. */
  const first = one('[data-body="person.name"],[data-field]:not([hidden]) input,[data-field]:not([hidden]) select', form);
  if (first && document.activeElement === document.body) first.focus({ preventScroll: true });
  look(); /* answers may stand already: given before this ran, or kept by the browser on the way back */

  /* ---- sending ---- */
  function clear() {
    all('[data-fault]', form).forEach((node) => node.remove());
    all('[aria-invalid]', form).forEach((node) => node.removeAttribute('aria-invalid'));
  }

  function boxOf(name) {
    return one('[data-field="' + name + '"]', form) || (one('[data-body="' + name + '"]', form) || { closest: () => null }).closest('.field');
  }

  function place(finding) {
    const box = finding.field && boxOf(finding.field);
    const text = document.createElement('p');
    text.className = 'error';
    text.setAttribute('data-fault', '');
    text.textContent = finding.problem;
    (box || one('[data-faults]', form)).append(text);
    if (box) { /* what is missing may not have been shown yet: the form was sent before the server had answered */
      box.hidden = false;
      if (box.closest('[data-section]')) box.closest('[data-section]').hidden = false;
    }
    const input = box && one('input,select,textarea', box);
    if (input) input.setAttribute('aria-invalid', 'true');
    return input || text;
  }

  function refuse(error) {
    const findings = (error && error.facts && error.facts.findings) || [];
    if (!findings.length) {
      window.ui.toast(error ? error.message + '（编号 ' + error.request_id + '）' : '操作没有完成，请稍后重试。', 'bad');
      return;
    }
    const first = findings.map(place)[0];
    if (first.focus && first.matches('input,select,textarea')) first.focus();
    first.scrollIntoView({ block: 'center' });
    window.ui.toast('有 ' + findings.length + ' 处需要改正', 'bad');
  }

  /* Names typed that no listed institution bears: left out, they would read as if nothing had been typed. */
  function unlisted() {
    return all('[data-units]', form).filter((input) => !input.closest('[hidden]') && input.validity.customError)
      .map((input) => ({ field: input.closest('[data-field]').getAttribute('data-field'), problem: input.validationMessage }));
  }

  function submit(confirmed) {
    if (sending) return;
    clear();
    const strangers = unlisted();
    if (strangers.length) { refuse({ facts: { findings: strangers } }); return; }
    sending = true;
    const button = one('button[type=submit]', form);
    button.disabled = true;
    send(form.getAttribute('action'), form.getAttribute('data-method') || 'POST', body(confirmed)).then((answer) => {
      const error = answer.data && answer.data.error;
      if (answer.ok) {
        try { sessionStorage.setItem('ui.notice', form.getAttribute('data-done') || '已保存'); } catch (ignored) { /* switched off */ }
        const next = form.getAttribute('data-next').replace(/\{(\w+)\}/g, (whole, name) => encodeURIComponent(answer.data[name]));
        window.location.assign(next);
      } else if (answer.status === 409 && error && error.code === 'engine.confirm') {
        window.ui.ask(error.facts.questions.map((item) => item.problem).join('；') + '。仍要保存？', () => submit(true));
      } else if (answer.status === 401) {
        window.ui.toast('登录已失效。请在另一窗口重新登录后再点保存，已填内容不会丢失。', 'bad');
      } else {
        refuse(error);
      }
    }).catch(() => window.ui.toast('网络不通，已填内容还在，请稍后再点保存。', 'bad'))
      .then(() => { sending = false; button.disabled = false; });
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(false);
  });
}());
