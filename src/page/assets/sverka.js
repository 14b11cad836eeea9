// Makes an open page follow what happens: on each «changed» it is asked for anew, and every part with data-live is put
// in place of the old one. What somebody is filling in, or has the focus in, is left alone. Everything works without it.
'use strict';

(() => {
  const offline = document.getElementById('offline');
  let asking = false;
  let again = false;

  const isBusy = (part) => part.contains(document.activeElement) && document.activeElement.matches('input, select, textarea');

  // How an element is found again in another state of its part: by its id, its address, or that of its form.
  const nameOf = (element) => {
    if (element.id) return '#' + CSS.escape(element.id);
    const quoted = (name, value) => `[${name}="${CSS.escape(value)}"]`;
    if (element.hasAttribute('href')) return 'a' + quoted('href', element.getAttribute('href'));
    if (element.form) return 'form' + quoted('action', element.form.getAttribute('action')) + ' button';
    return null;
  };

  // The element that has the focus keeps it, and a table that was pushed sideways stays so.
  const replace = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const name = active && nameOf(active);
    const pushed = [...old.querySelectorAll('.tablewrap')].map((wrap) => wrap.scrollLeft);
    // Opened details stay open.
    for (const open of old.querySelectorAll('details[open][id]')) {
      const twin = fresh.querySelector('#' + CSS.escape(open.id));
      if (twin) twin.open = true;
    }
    old.replaceWith(fresh);
    fresh.querySelectorAll('.tablewrap').forEach((wrap, place) => { wrap.scrollLeft = pushed[place] || 0; });
    const twin = name && fresh.querySelector(name);
    if (twin) twin.focus({ preventScroll: true });
  };

  const refresh = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, credentials: 'same-origin' });
      if (answer.redirected && new URL(answer.url).pathname === '/login') { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const part of document.querySelectorAll('[data-live][id]')) {
        const twin = fresh.getElementById(part.id);
        if (twin && !isBusy(part)) replace(part, document.adoptNode(twin));
      }
      if (offline) offline.hidden = true;
    } catch {
      if (offline) offline.hidden = false;
    } finally {
      asking = false;
      if (again) { again = false; setTimeout(refresh, 500); }
    }
  };

  if (document.querySelector('[data-live]') && 'EventSource' in window) {
    const events = new EventSource('/api/v1/events');
    let lost = false;
    events.addEventListener('changed', refresh);
    events.addEventListener('error', () => { lost = true; if (offline) offline.hidden = false; });
    events.addEventListener('open', () => { if (lost) { lost = false; refresh(); } });
    addEventListener('pagehide', () => events.close());
    // Ages grow by themselves.
    setInterval(() => { if (!document.hidden) refresh(); }, 30000);
  }

  // On a phone the page that is open may be beyond the edge of the head. (scrollIntoView would make the first Tab begin there.)
  const here = document.querySelector('nav [aria-current]');
  const head = here && here.closest('nav');
  if (head) head.scrollLeft = here.offsetLeft - head.offsetLeft - (head.clientWidth - here.offsetWidth) / 2;

  // A form that asks for a decision says so once more.
  document.addEventListener('submit', (event) => {
    const words = event.submitter && event.submitter.dataset.confirm;
    if (words && !confirm(words)) event.preventDefault();
  });
})();
