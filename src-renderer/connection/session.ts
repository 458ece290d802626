/** Key in the origin's local storage. Unlike a cookie, only pages of this port can read it. */
const ENTRY = 'lamina-session';

/** Where the browser keeps nothing, the key lasts as long as the page. */
let ownKey: string | null = null;

/** What this window shows to the browser host with each connection; null where it was never let in. */
export function sessionKey(): string | null {
  try {
    return localStorage.getItem(ENTRY) ?? ownKey;
  } catch {
    return ownKey;
  }
}

/**
 * Exchanges the token of the link that opened this window for a key; without a valid one, tries the key
 * that an earlier window of this browser got.
 *
 * @returns Why the host does not let this window in; null where it does.
 */
export async function enterSession(): Promise<string | null> {
  const token = new URLSearchParams(location.search).get('token');
  // A used token is worth nothing; the address without it can be kept and reloaded.
  if (token !== null) history.replaceState(null, '', '/');
  try {
    const exchanged = token === null ? null : await fetch('/session', { method: 'POST', body: token });
    if (exchanged?.ok === true) {
      keep(await exchanged.text());
      return null;
    }
    const checked = await fetch('/session', { headers: { Authorization: `Bearer ${sessionKey() ?? ''}` } });
    if (checked.ok) return null;
    return await (exchanged ?? checked).text();
  } catch {
    // The host has just ended: the window opens, says so and waits for it.
    return null;
  }
}

function keep(text: string): void {
  ownKey = text.trim();
  try {
    localStorage.setItem(ENTRY, ownKey);
  } catch {
    return;
  }
}
