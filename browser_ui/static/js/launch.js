/* The framed page: ticket from the fragment, token in memory only, every request of the frame carries it.
   Cookies do not reach a frame of another site, and a token in storage would outlive the visit. */
(function () {
  'use strict';
  const frame = document.getElementById('frame');
  const origins = frame.getAttribute('data-origins').split(' ');
  const fragment = new URLSearchParams(window.location.hash.slice(1));
  const ticket = fragment.get('t');
  let token = null;
  let person = null;

  history.replaceState(null, '', window.location.pathname);

  function say(text) {
    frame.textContent = '';
    const line = document.createElement('p');
    line.className = 'empty';
    line.setAttribute('role', 'alert');
    line.textContent = text;
    frame.append(line);
  }

  /* The workstation compares this with the patient it shows; exact target origins, never '*'. */
  function tell(kind) {
    if (window.parent === window) return;
    origins.forEach((origin) => {
      try { window.parent.postMessage({ source: 'health-record', kind, person }, origin); } catch (ignored) { /* not the parent */ }
    });
  }

  function post(address, body) {
    return fetch(address, {
      method: 'POST',
      credentials: 'omit',
      headers: Object.assign({ 'Content-Type': 'application/json', Accept: 'application/json' },
        token ? { Authorization: 'Bearer ' + token } : {}),
      body: JSON.stringify(body),
    }).then((response) => response.json().then((answer) => {
      if (!response.ok) throw new Error(answer.error.message);
      return answer;
    }));
  }

  document.addEventListener('htmx:configRequest', (event) => {
    if (token) event.detail.headers.Authorization = 'Bearer ' + token;
  });
  document.addEventListener('htmx:responseError', (event) => {
    if (event.detail.xhr.status === 401) { token = null; say('本次调阅已结束，请从工作站重新打开。'); tell('ended'); }
  });
  window.addEventListener('message', (event) => {
    if (origins.indexOf(event.origin) < 0 || !event.data || event.data.kind !== 'close' || !token) return;
    post('/api/v1/launch/close', {}).catch(() => {}).then(() => { token = null; say('档案窗口已关闭。'); tell('ended'); });
  });

  /* Files carry the token too: a frame or picture cannot send it by itself, so the bytes are fetched and shown from memory. */
  document.addEventListener('htmx:afterSettle', () => {
    Array.from(document.querySelectorAll('[data-file]')).forEach((place) => {
      const address = place.getAttribute('data-file');
      place.removeAttribute('data-file');
      fetch(address, { credentials: 'omit', headers: { Authorization: 'Bearer ' + token } }).then((answer) => {
        if (!answer.ok) throw new Error('没有打开附件。');
        return answer.blob();
      }).then((bytes) => { place.src = URL.createObjectURL(bytes); })
        .catch((error) => window.ui.toast(error.message, 'bad'));
    });
  });

  if (!ticket) { say('没有启动凭证，请从医生工作站打开。'); return; }
  post('/api/v1/launch/redeem', { client: frame.getAttribute('data-client'), ticket }).then((answer) => {
    token = answer.token;
    person = answer.person_id;
    tell('opened');
    window.htmx.ajax('GET', answer.record_url, { target: '#frame', swap: 'innerHTML' });
  }).catch((error) => say(error.message));
}());
