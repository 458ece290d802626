import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { AppError } from '../../../src-shared/errors/app-error.ts';
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
const MAX_TOKEN_LENGTH = 256;

const SESSION_PATH = '/session';
/** WebSocket subprotocol of the contract's frames. */
const PROTOCOL = 'lamina';

export interface BrowserHostOptions {
  readonly core: Core;
  /** Folder with the built index.html. */
  readonly rendererFolder: string;
  /** 0: any free one. */
  readonly port: number;
  /** Shown to a browser that is not let in: how its person gets a link. */
  readonly howToGetLink: string;
}

export interface BrowserHost {
  readonly port: number;
  /** A link that lets one browser in; each works once. */
  link(): string;
  close(): Promise<void>;
}

/**
 * Serves the renderer and the contract on the loopback interface.
 *
 * @throws AppError 'browser/port-in-use' or 'browser/cannot-listen'.
 */
export async function startBrowserHost(options: BrowserHostOptions): Promise<BrowserHost> {
  const { core, rendererFolder, howToGetLink } = options;
  const server = createServer();
  const port = await listen(server, options.port);
  const access = new Access();
  const link = (): string => `http://127.0.0.1:${port}/?token=${access.token}`;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: () => PROTOCOL,
  });

  /** POST exchanges a link's token for a key; GET checks whether a key is valid. */
  const answerSession = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'POST') {
      // Browsers name the page's origin in every POST.
      const key = isSameOrigin(request.headers.origin, request.headers.host)
        ? access.exchange(await readShortBody(request))
        : null;
      return key === null ? sendText(response, 403, `${usedLinkText} ${howToGetLink}`) : sendText(response, 200, key);
    }
    const [, key = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    return access.knows(key) ? sendText(response, 200, 'ok') : sendText(response, 401, howToGetLink);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refuse(request);
    if (refused !== null) return sendText(response, ...refused);
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    if (url.pathname === SESSION_PATH) return answerSession(request, response);
    // The page and its scripts are the same for everyone: they hold nothing of the project.
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
    const { origin, host } = request.headers;
    const allowed = request.url === '/contract' && isSameOrigin(origin, host) && access.knows(keyOf(request));
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

const usedLinkText = 'This link was used already, or is not from this Lamina: each link works once.';

/** The key that a window sends as a second WebSocket subprotocol; pages cannot set other headers. */
function keyOf(request: IncomingMessage): string {
  const [protocol, key, ...more] = (request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/);
  return protocol === PROTOCOL && key !== undefined && more.length === 0 ? key : '';
}

/** @returns The body's text; cut off after more than a token can have. */
async function readShortBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_TOKEN_LENGTH) break;
  }
  return text;
}

/** @returns Status and text for a request that did not come from a page of this host; null for a proper one. */
function refuse(request: IncomingMessage): [number, string] | null {
  const { host, origin } = request.headers;
  if (!isLoopbackHost(host)) {
    return [421, 'Lamina answers only at localhost or 127.0.0.1. From another machine, use an SSH tunnel.'];
  }
  if (origin !== undefined && !isSameOrigin(origin, host)) return [403, 'Lamina answers only its own pages.'];
  if (request.method === 'POST' && request.url === SESSION_PATH) return null;
  if (request.method !== 'GET' && request.method !== 'HEAD') return [405, 'Only GET and HEAD are answered here.'];
  return null;
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
