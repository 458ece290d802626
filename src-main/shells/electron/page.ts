import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { protocol } from 'electron';
import { rendererFolder } from '../../programs.ts';

/** The page has its own scheme: file:// would give it access to every file. */
const scheme = 'lamina';
const origin = `${scheme}://app`;
export const pageUrl = `${origin}/index.html`;

/**
 * Nothing is loaded from anywhere but the application itself, and nothing connects anywhere:
 * all traffic is the preload script's. Style attributes are how Svelte and xyflow place things.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Before the application is ready: makes the scheme behave as a secure web origin. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built renderer's files, and 404 for anything else. */
export function servePage(): void {
  const folder = rendererFolder();
  protocol.handle(scheme, async (request) => {
    const { host, pathname } = new URL(request.url);
    const file = join(folder, decodeURIComponent(pathname));
    const contentType = contentTypes[extname(file)];
    if (host !== 'app' || !file.startsWith(folder + sep) || contentType === undefined) return notFound();
    try {
      return new Response(await readFile(file), {
        headers: {
          'Content-Type': contentType,
          'Content-Security-Policy': contentSecurityPolicy,
          'X-Content-Type-Options': 'nosniff',
        },
      });
    } catch {
      return notFound();
    }
  });
}

function notFound(): Response {
  return new Response('Not found', { status: 404 });
}

/** True for a URL of Lamina's own page. */
export function isOwnPage(url: string | undefined): boolean {
  return url === pageUrl || url?.startsWith(`${pageUrl}#`) === true;
}
