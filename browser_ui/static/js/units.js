/* Institutions are looked up by name; what counts is the id of the one that was chosen. */
(function () {
  'use strict';

  function connect(input) {
    const list = document.getElementById(input.getAttribute('list'));
    const target = document.getElementById(input.getAttribute('data-unit-into') || '');
    let known = {};
    let waiting = null;
    let round = 0;
    known[input.value.trim()] = input.getAttribute('data-unit') || '';

    function settle() {
      const name = input.value.trim();
      const id = known[name] || '';
      input.setAttribute('data-unit', id);
      if (target) target.value = id;
      input.setCustomValidity(name && !id ? '请从列出的机构中选择' : '');
    }

    function search() {
      const mine = ++round;
      fetch(input.getAttribute('data-units') + '?text=' + encodeURIComponent(input.value.trim()), {
        credentials: 'same-origin', headers: { Accept: 'application/json' },
      }).then((response) => (response.ok ? response.json() : [])).then((found) => {
        if (mine !== round) return; /* more was typed meanwhile */
        list.textContent = '';
        found.forEach((unit) => {
          known[unit.name] = unit.id;
          const option = document.createElement('option');
          option.value = unit.name;
          list.append(option);
        });
        settle();
      }).catch(() => { /* the name can be typed again */ });
    }

    input.addEventListener('input', () => {
      settle();
      clearTimeout(waiting);
      waiting = setTimeout(search, 250);
    });
    input.addEventListener('focus', search);
  }

  Array.from(document.querySelectorAll('[data-units]')).forEach(connect);
}());
