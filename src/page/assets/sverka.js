// Makes an open page follow what happens: on each «changed» it is asked for anew, and every part with data-live is put
// in place of the old one. What somebody is filling in, or has the focus in, is left alone. Everything works without it.
'use strict';

(() => {
  const offline = document.getElementById('offline');
  let asking = false;
  let again = false;

  const isBusy = (part) => part.contains(document.activeElement) && document.activeElement.matches('input, select, textarea');

  // The element that has the focus keeps it, if the new part has one of the same id or the same address.
  const replace = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const name = active && (active.id ? '#' + CSS.escape(active.id)
      : active.getAttribute('href') ? `a[href="${CSS.escape(active.getAttribute('href'))}"]` : null);
    // Opened details stay open.
    for (const open of old.querySelectorAll('details[open][id]')) {
      const twin = fresh.querySelector('#' + CSS.escape(open.id));
      if (twin) twin.open = true;
    }
    old.replaceWith(fresh);
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
  }

  // A form that asks for a decision says so once more.
  document.addEventListener('submit', (event) => {
    const words = event.submitter && event.submitter.dataset.confirm;
    if (words && !confirm(words)) event.preventDefault();
  });
})();
