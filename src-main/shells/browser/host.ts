import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { AppError } from '../../../src-shared/contract/app-error.ts';
import type { Core } from '../../core/core.ts';
import { Access, isLoopbackHost, isSameOrigin } from './access.ts';
import { createSocketTransport } from './socket-transport.ts';
import { findStaticFile } from './static-files.ts';

/** Everything from this address and nothing else; inline style attributes are how a canvas places its nodes. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headersOfEveryAnswer = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Rows sent for prediction may be many; nothing else is large. */
const MAX_MESSAGE_BYTES = 128 * 2 ** 20;

export interface BrowserHostOptions {
  readonly core: Core;
  /** Folder with the built index.html. */
  readonly rendererFolder: string;
  /** 0: any free one. */
  readonly port: number;
  /** Told the next link once one was used or refused, so that another browser can be let in. */
  readonly onNewLink?: (url: string) => void;
}

export interface BrowserHost {
  readonly port: number;
  /** A link that opens one browser's session; each works once. */
  link(): string;
  close(): Promise<void>;
}

/**
 * Serves the renderer and the contract on the loopback interface.
 *
 * @throws AppError 'browser/port-in-use' or 'browser/cannot-listen'.
 */
export async function startBrowserHost(options: BrowserHostOptions): Promise<BrowserHost> {
  const { core, rendererFolder, onNewLink } = options;
  const server = createServer();
  const port = await listen(server, options.port);
  const access = new Access(String(port));
  const link = (): string => `http://127.0.0.1:${port}/?token=${access.token}`;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refuse(request);
    if (refused !== null) return sendText(response, ...refused);
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const token = url.searchParams.get('token');
    if (url.pathname === '/' && token !== null && request.method === 'GET') {
      const cookie = access.exchange(token);
      if (cookie !== null) return redirectHome(response, { 'Set-Cookie': cookie });
      if (access.hasSession(request)) return redirectHome(response, {});
      onNewLink?.(link());
      return sendText(response, 403, usedLinkText);
    }
    if (!access.hasSession(request)) return sendText(response, 401, noSessionText);
    const file = await findStaticFile(rendererFolder, url.pathname);
    if (file === null) return sendText(response, 404, 'There is nothing at this address.');
    response.writeHead(200, {
      ...headersOfEveryAnswer,
      'Content-Type': file.contentType,
      'Content-Length': file.body.length,
      'Cache-Control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  };

  server.on('request', (request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) sendText(response, 500, 'Lamina could not answer this request.');
      else response.destroy();
    });
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const origin = request.headers.origin;
    const allowed =
      request.url === '/contract' &&
      origin !== undefined &&
      isSameOrigin(origin, request.headers.host) &&
      access.hasSession(request);
    if (!allowed) return socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      core.connect(createSocketTransport(webSocket));
    });
  });

  return {
    port,
    link,
    async close() {
      for (const webSocket of sockets.clients) webSocket.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const usedLinkText =
  'This link was used already, or is not from this Lamina. Each link works once: use the new one that Lamina just printed in its terminal.';
const noSessionText =
  'Lamina is running here, but this browser has not been let in. Open the link with the token that Lamina printed in its terminal.';

/** @returns Status and text for a request that did not come from a page of this host; null for a proper one. */
function refuse(request: IncomingMessage): [number, string] | null {
  const { host, origin } = request.headers;
  if (!isLoopbackHost(host)) {
    return [421, 'Lamina answers only at localhost or 127.0.0.1. From another machine, use an SSH tunnel.'];
  }
  if (origin !== undefined && !isSameOrigin(origin, host)) return [403, 'Lamina answers only its own pages.'];
  if (request.method !== 'GET' && request.method !== 'HEAD') return [405, 'Only GET and HEAD are answered here.'];
  return null;
}

function redirectHome(response: ServerResponse, headers: Record<string, string>): void {
  response.writeHead(303, { ...headersOfEveryAnswer, ...headers, Location: '/', 'Cache-Control': 'no-store' });
  response.end();
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    ...headersOfEveryAnswer,
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(`${text}\n`);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const text =
        error.code === 'EADDRINUSE'
          ? `Port ${port} is used by another program. Choose another with --port, or leave it out for any free one.`
          : `Cannot listen on port ${port} (${error.message}). Choose another with --port, or leave it out for any free one.`;
      reject(
        new AppError(error.code === 'EADDRINUSE' ? 'browser/port-in-use' : 'browser/cannot-listen', text, { port }),
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server has no port.'));
      else resolve(address.port);
    });
  });
}
