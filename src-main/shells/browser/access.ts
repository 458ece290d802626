import { randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Who may talk to the browser host.
 *
 * A link carries a token that works once; the page that exchanges it gets a key, which it keeps in its origin's
 * storage and sends with each connection. No cookie: cookies ignore ports, so that a browser would send them to every
 * other program that serves pages on this machine.
 */
export class Access {
  readonly #keys = new Set<string>();
  #token = newSecret();

  /** The token of the link that has not been used yet. */
  get token(): string {
    return this.#token;
  }

  /** Uses a token up. @returns The key of a new session, or null for a wrong or used token. */
  exchange(token: string): string | null {
    if (!sameSecret(token, this.#token)) return null;
    this.#token = newSecret();
    const key = newSecret();
    this.#keys.add(key);
    return key;
  }

  knows(key: string): boolean {
    return [...this.#keys].some((known) => sameSecret(key, known));
  }
}

/**
 * True for a request addressed to this machine by a loopback name, on any port (an SSH
 * tunnel may use another one). Anything else may be a foreign name that was pointed at
 * 127.0.0.1 (DNS rebinding).
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i.test(host);
}

/** True if the request's page was served from the same address. */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  return isLoopbackHost(host) && origin?.toLowerCase() === `http://${host?.toLowerCase()}`;
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
