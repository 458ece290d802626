import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Who may talk to the browser host.
 *
 * A link carries a token that works once; the browser that uses it gets a session cookie,
 * so that reloading and further windows of that browser keep working while the link itself
 * is worth nothing to whoever reads it later.
 */
export class Access {
  readonly #cookieName: string;
  readonly #sessions = new Set<string>();
  #token = newSecret();

  /** @param instance Tells the cookies of several hosts on one machine apart. */
  constructor(instance: string) {
    this.#cookieName = `lamina-${instance}`;
  }

  /** The token of the link that has not been used yet. */
  get token(): string {
    return this.#token;
  }

  /** Uses a token up. @returns The `Set-Cookie` value of a new session, or null for a wrong or used token. */
  exchange(token: string): string | null {
    if (!sameSecret(token, this.#token)) return null;
    this.#token = newSecret();
    const session = newSecret();
    this.#sessions.add(session);
    return `${this.#cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`;
  }

  hasSession(request: IncomingMessage): boolean {
    const prefix = `${this.#cookieName}=`;
    const values = (request.headers.cookie ?? '')
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part.startsWith(prefix))
      .map((part) => part.slice(prefix.length));
    return values.some((value) => [...this.#sessions].some((session) => sameSecret(value, session)));
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

/** True where the page that asks was served from the very address it asks. */
export function isSameOrigin(origin: string, host: string | undefined): boolean {
  return isLoopbackHost(host) && origin.toLowerCase() === `http://${host?.toLowerCase()}`;
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
