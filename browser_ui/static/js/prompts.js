/* The pop-up of the clinical prompts. It is opened with a launch ticket in the fragment (t) and, when the hospital's server
   has checked the orders already, the number of that check (c). Otherwise the workstation's page posts the orders:
   {kind: 'orders', orders: [...]}. The token lives in memory only. */
(function () {
  'use strict';
  const body = document.body;
  const main = document.getElementById('main');
  const foot = document.getElementById('foot');
  const origins = body.getAttribute('data-origins').split(' ');
  const fragment = new URLSearchParams(window.location.hash.slice(1));
  const SHOWN = 3;
  const WORDS = { critical: '禁止', warning: '警告', info: '提醒' };
  let token = null;
  let person = null;
  let answer = null;
  let first = 0;

  history.replaceState(null, '', window.location.pathname);

  function node(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function button(text, className, onClick) {
    const made = node('button', className, text);
    made.type = 'button';
    made.addEventListener('click', onClick);
    return made;
  }

  function empty(element) {
    while (element.firstChild) element.removeChild(element.firstChild);
  }

  function say(text) {
    empty(main);
    empty(foot);
    const line = node('p', 'empty', text);
    line.setAttribute('role', 'alert');
    main.append(line);
  }

  /* Exact target origins, never '*': what is told here is about a patient. */
  function tell(kind, more) {
    if (window.parent === window) return;
    origins.forEach((origin) => {
      try {
        window.parent.postMessage(Object.assign({ source: 'health-prompts', kind, person }, more), origin);
      } catch (ignored) { /* not the parent */ }
    });
  }

  function send(method, address, content) {
    return fetch(address, {
      method,
      credentials: 'omit',
      headers: Object.assign({ 'Content-Type': 'application/json', Accept: 'application/json' },
        token ? { Authorization: 'Bearer ' + token } : {}),
      body: content === undefined ? undefined : JSON.stringify(content),
    }).then((response) => {
      if (response.status === 204) return null;
      return response.json().then((told) => {
        if (response.status === 401 && token) { token = null; tell('ended'); }
        if (!response.ok) throw new Error(told.error.message);
        return told;
      });
    });
  }

  /* ---- one line for each of up to three cards ---- */
  function where(card) {
    const proof = card.evidence[0];
    if (!proof) return card.advice;
    return [proof.institution, (proof.time || '').slice(0, 10), proof.text].filter(Boolean).join(' · ');
  }

  function line(card) {
    const row = node('li', 'one ' + card.severity + (card.outcome ? ' done' : ''));
    const open = button('', 'say', () => detail(card));
    const title = node('b');
    title.append(node('span', 'mark', WORDS[card.severity]), document.createTextNode(card.title));
    open.append(title, node('small', '', where(card)));
    const acts = node('div', 'do');
    if (card.outcome) {
      acts.append(node('span', 'told', card.outcome === 'accepted' ? '已采纳' : '已忽略'));
    } else {
      const cite = button(card.rule.indexOf('repeat') === 0 ? '引用' : '采纳', 'btn', () => accept(card));
      const skip = button('忽略', 'btn', () => override(card));
      cite.setAttribute('aria-label', cite.textContent + '：' + card.title);
      skip.setAttribute('aria-label', '忽略：' + card.title);
      acts.append(cite, skip);
    }
    row.append(open, acts);
    return row;
  }

  function blind() {
    const told = [];
    if (!answer.known_patient) told.push('平台无该患者档案');
    if (answer.withheld) told.push('另有 ' + answer.withheld + ' 条受限记录未参与核对');
    if (answer.unknown.length) told.push('未核对：' + answer.unknown.join('、'));
    if (answer.suppressed) told.push('本次就诊已忽略 ' + answer.suppressed + ' 条');
    return told.join('；');
  }

  function list(focus) {
    const cards = answer.cards;
    empty(main);
    empty(foot);
    main.classList.remove('open');
    document.getElementById('count').textContent = cards.length ? cards.length + ' 条提示' : '';
    if (!cards.length) {
      const clear = node('div', 'clear');
      clear.append(node('b', '', '未发现需要提示的问题'), node('span', 'mut', '仅依据平台已收到的记录核对，不代替临床判断。'));
      main.append(clear);
    } else {
      const rows = node('ul', 'cards');
      cards.slice(first, first + SHOWN).forEach((card) => rows.append(line(card)));
      main.append(rows);
    }
    const note = node('span', '', blind());
    note.title = note.textContent;
    foot.append(note);
    if (cards.length > SHOWN) {
      const rest = first + SHOWN < cards.length;
      foot.append(button(rest ? '另有 ' + (cards.length - first - SHOWN) + ' 条 ▸' : '◂ 回到开头', 'link', () => {
        first = rest ? first + SHOWN : 0;
        list(true);
      }));
    }
    if (focus) main.focus();
  }

  /* ---- one card in full ---- */
  function panel(title) {
    empty(main);
    empty(foot);
    main.classList.add('open');
    const box = node('section', 'panel');
    box.append(node('h2', '', title));
    main.append(box);
    return box;
  }

  function back(row) {
    const made = button('返回', 'btn', () => list(true));
    row.append(made);
    made.focus();
  }

  function detail(card) {
    const box = panel(card.title);
    if (card.advice) box.append(node('p', '', card.advice));
    const proofs = node('ul');
    card.evidence.forEach((proof) => {
      const at = (proof.time || '').replace('T', ' ').slice(0, 16);
      proofs.append(node('li', '', [proof.text, proof.institution, at].filter(Boolean).join('，')));
    });
    box.append(proofs);
    const row = node('div', 'row');
    box.append(row);
    back(row);
  }

  function settle(card, outcome, said) {
    return send('POST', '/api/v1/prompts/cards/' + card.id + '/outcome', Object.assign({ outcome }, said)).then(() => {
      card.outcome = outcome;
      tell(outcome, { card: card.id, rule: card.rule, order: card.order, text: card.evidence.map((one) => one.text).join('；') });
      list(true);
    });
  }

  function accept(card) {
    settle(card, 'accepted', {}).catch((error) => say(error.message));
  }

  function override(card) {
    const box = panel('忽略：' + card.title);
    const label = node('label', '', card.needs_reason ? '原因（必填）' : '原因');
    const choice = node('select');
    choice.id = 'reason';
    label.htmlFor = 'reason';
    choice.append(new Option('请选择', ''));
    card.reasons.forEach((one) => choice.append(new Option(one.label, one.code)));
    const more = node('label', '', '说明');
    const comment = node('input');
    comment.id = 'comment';
    comment.maxLength = 200;
    more.htmlFor = 'comment';
    const problem = node('p', 'error');
    problem.setAttribute('role', 'alert');
    const row = node('div', 'row');
    row.append(button('确定忽略', 'btn primary', () => {
      settle(card, 'overridden', { reason: choice.value, comment: comment.value }).catch((error) => {
        problem.textContent = error.message;
      });
    }));
    box.append(label, choice, more, comment, problem, row);
    row.append(button('返回', 'btn', () => list(true)));
    choice.focus();
  }

  /* ---- asking ---- */
  function show(told) {
    answer = told;
    first = 0;
    document.getElementById('who').textContent = told.patient || '智能提示';
    list(false);
    tell('prompts', { count: told.cards.length, critical: told.cards.filter((one) => one.severity === 'critical').length });
  }

  function check(orders, number) {
    const content = { orders };
    if (number) content.check_id = number;
    return send('POST', '/api/v1/prompts/frame/check', content).then(show).catch((error) => say(error.message));
  }

  function close() {
    if (!token) { tell('ended'); return; }
    send('POST', '/api/v1/launch/close', {}).catch(() => {}).then(() => { token = null; say('已关闭。'); tell('ended'); });
  }

  document.getElementById('close').addEventListener('click', close);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && main.classList.contains('open')) { event.preventDefault(); list(true); }
  });
  window.addEventListener('message', (event) => {
    if (origins.indexOf(event.origin) < 0 || !event.data || !token) return;
    if (event.data.kind === 'close') close();
    if (event.data.kind === 'orders' && Array.isArray(event.data.orders)) check(event.data.orders, event.data.check_id);
  });

  const ticket = fragment.get('t');
  const known = fragment.get('c');
  if (!ticket) { say('没有启动凭证，请从医生工作站打开。'); return; }
  send('POST', '/api/v1/launch/redeem', { client: body.getAttribute('data-client'), ticket }).then((told) => {
    token = told.token;
    person = told.person_id;
    tell('opened');
    if (known) return send('GET', '/api/v1/prompts/frame/checks/' + encodeURIComponent(known)).then(show);
    return check([]);
  }).catch((error) => say(error.message));
}());
