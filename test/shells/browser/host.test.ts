import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../../src-shared/contract/client.ts';
import type { LaminaClient } from '../../../src-shared/contract/client.ts';
import { createSocketTransport } from '../../../src-main/shells/browser/socket-transport.ts';
import { startBrowserHost } from '../../../src-main/shells/browser/host.ts';
import type { BrowserHost } from '../../../src-main/shells/browser/host.ts';
import { openCore } from '../../core/core-window.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends a raw request: `fetch` would normalize the path and set its own Host. */
function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  sent = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('error', reject);
    request.end(sent);
  });
}

async function startHost(): Promise<{ host: BrowserHost; folder: string }> {
  const folder = temporaryFolder();
  const rendererFolder = join(folder, 'renderer');
  mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
  writeFileSync(join(rendererFolder, 'index.html'), '<!doctype html><title>Lamina</title>');
  writeFileSync(join(rendererFolder, 'assets', 'index-abc.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(rendererFolder, 'link.txt'));
  const { core } = openCore(join(folder, 'project'), { create: true });
  await core.ready();
  const host = await startBrowserHost({ core, rendererFolder, port: 0, howToGetLink: 'Ask the terminal.' });
  onTestFinished(() => host.close());
  return { host, folder };
}

const originOf = ({ port }: BrowserHost): string => `http://127.0.0.1:${port}`;

/** The page's login request with the token of a link. */
function exchange(host: BrowserHost, token: string, origin = originOf(host)): Promise<Answer> {
  return ask(host.port, '/session', { origin }, 'POST', token);
}

const tokenOf = (host: BrowserHost): string => new URL(host.link()).searchParams.get('token') ?? '';

/** Uses the link. @returns The session key. */
async function logIn(host: BrowserHost): Promise<string> {
  return (await exchange(host, tokenOf(host))).body.trim();
}

const isKnown = async (host: BrowserHost, key: string): Promise<boolean> =>
  (await ask(host.port, '/session', { authorization: `Bearer ${key}` })).status === 200;

function openSocket(host: BrowserHost, protocols: string[], headers: Record<string, string>): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/contract`, protocols, { headers });
    socket.on('open', () => resolve(socket));
    socket.on('error', reject);
  });
}

async function openClient(host: BrowserHost, key: string): Promise<LaminaClient> {
  const socket = await openSocket(host, ['lamina', key], { origin: originOf(host) });
  onTestFinished(() => socket.terminate());
  return createClient(createSocketTransport(socket));
}

describe('login link', () => {
  test('works once; the session key stays valid', async () => {
    const { host } = await startHost();
    const token = tokenOf(host);
    const first = await exchange(host, token);
    expect(first.status).toBe(200);
    const key = first.body.trim();
    for (let reload = 0; reload < 2; reload += 1) expect(await isKnown(host, key)).toBe(true);

    const again = await exchange(host, token);
    expect(again.status).toBe(403);
    expect(again.body).toContain('Ask the terminal.');
    expect(tokenOf(host)).not.toBe(token);
    expect(await isKnown(host, key)).toBe(true);
  });

  test('is not consumed by viewing it, by another page or by a wrong token', async () => {
    const { host } = await startHost();
    const link = new URL(host.link());
    expect((await ask(host.port, link.pathname + link.search)).status).toBe(200);
    expect((await exchange(host, tokenOf(host), 'http://127.0.0.1:1')).status).toBe(403);
    expect((await ask(host.port, '/session', {}, 'POST', tokenOf(host))).status).toBe(403);
    expect((await exchange(host, 'wrong')).status).toBe(403);
    expect((await exchange(host, 'x'.repeat(100_000))).status).toBe(403);
    expect(host.link()).toBe(link.href);
    expect((await exchange(host, tokenOf(host))).status).toBe(200);
  });

  test('is not shown in a rejected request, which explains how to get one', async () => {
    const { host } = await startHost();
    const answers = [
      await exchange(host, 'wrong'),
      await ask(host.port, '/session'),
      await ask(host.port, '/session', { authorization: 'Bearer guess' }),
    ];
    for (const { status, body } of answers) {
      expect([401, 403]).toContain(status);
      expect(body).toContain('Ask the terminal.');
      expect(body).not.toContain(tokenOf(host));
    }
  });
});

test('the host sets no cookies and accepts none as a key', async () => {
  const { host } = await startHost();
  const key = await logIn(host);
  // Cookies are sent to every port of a host, so no response may set one.
  for (const path of ['/', new URL(host.link()).search, '/session', '/missing']) {
    const { headers } = await ask(host.port, path, { authorization: `Bearer ${key}` });
    expect(headers['set-cookie']).toBeUndefined();
  }
  const exchanged = await exchange(host, tokenOf(host));
  expect(exchanged.headers['set-cookie']).toBeUndefined();

  const cookie = `lamina-${host.port}=${key}; lamina-session=${key}`;
  const other = `http://127.0.0.1:${host.port + 1}`;
  await expect(openSocket(host, ['lamina'], { cookie, origin: originOf(host) })).rejects.toThrow(/403/);
  await expect(openSocket(host, [], { cookie, origin: originOf(host) })).rejects.toThrow(/403/);
  await expect(openSocket(host, ['lamina', key], { cookie, origin: other })).rejects.toThrow(/403/);
});

describe('HTTP', () => {
  test('responses have a strict content security policy', async () => {
    const { host } = await startHost();
    for (const path of ['/', '/assets/index-abc.js', '/missing']) {
      const { headers } = await ask(host.port, path);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("script-src 'self';");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
    }
  });

  test('foreign host names are rejected', async () => {
    const { host } = await startHost();
    for (const name of ['evil.example', `evil.example:${host.port}`, '127.0.0.1.evil.example', 'localhost.evil:80']) {
      expect((await ask(host.port, '/', { host: name })).status).toBeGreaterThanOrEqual(400);
    }
    for (const name of [`localhost:${host.port}`, '127.0.0.1:9999', 'localhost']) {
      expect((await ask(host.port, '/', { host: name })).status).toBe(200);
    }
  });

  test('foreign origins and other methods are rejected', async () => {
    const { host } = await startHost();
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${host.port + 1}`, 'http://localhost']) {
      expect((await ask(host.port, '/', { origin })).status).toBe(403);
    }
    expect((await ask(host.port, '/', { origin: `http://127.0.0.1:${host.port}` })).status).toBe(200);
    expect((await ask(host.port, '/', {}, 'POST')).status).toBe(405);
  });

  test('paths stay inside the built window', async () => {
    const { host } = await startHost();
    const paths = [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/..%5c..%5csecret.txt',
      '//etc/passwd',
      '/link.txt',
      '/%00',
      '/%zz',
      '/assets',
    ];
    for (const path of paths) {
      const { status, body } = await ask(host.port, path);
      expect([path, status]).toEqual([path, 404]);
      expect(body).not.toContain('secret\n');
    }
  });

  test('listens only on the loopback interface, and reports a used port', async () => {
    const { host, folder } = await startHost();
    const { core } = openCore(join(folder, 'project'));
    const second = startBrowserHost({ core, rendererFolder: folder, port: host.port, howToGetLink: '' });
    await expect(second).rejects.toMatchObject({ code: 'browser/port-in-use' });
  });
});

describe('WebSocket', () => {
  test('is rejected without key, from other origins and at other paths', async () => {
    const { host } = await startHost();
    const key = await logIn(host);
    const refused = async (protocols: string[], headers: Record<string, string>): Promise<void> =>
      expect(openSocket(host, protocols, headers)).rejects.toThrow(/403/);
    await refused([], { origin: originOf(host) });
    await refused(['lamina'], { origin: originOf(host) });
    await refused(['lamina', 'guess'], { origin: originOf(host) });
    await refused([key], { origin: originOf(host) });
    await refused(['lamina', key], {});
    await refused(['lamina', key], { origin: 'http://evil.example' });
    await refused(['lamina', key], { origin: 'http://evil.example', host: 'evil.example' });
    await refused(['lamina', key], { origin: 'http://localhost:1234' });
    const tunnelled = await openSocket(host, ['lamina', key], {
      origin: 'http://localhost:8080',
      host: 'localhost:8080',
    });
    expect(tunnelled.protocol).toBe('lamina');
    tunnelled.terminate();
  });

  test('carries the contract for several windows', async () => {
    const { host, folder } = await startHost();
    const key = await logIn(host);
    const [first, second] = [await openClient(host, key), await openClient(host, key)];
    const { dataset, datasetRevision } = await first.request('project.get', {});
    const heard = new Promise((resolve) => second.on('project.changed', resolve));
    const document = { ...dataset, name: 'renamed' };
    await first.request('project.saveDataset', { document, baseRevision: datasetRevision });
    expect(await heard).toMatchObject({ what: 'dataset' });
    const { entries } = await second.request('files.list', { folder: '' });
    expect(entries.map((entry) => entry.name)).toEqual([
      'data.dataset.json',
      'lamina-project.json',
      'model.lamina.json',
    ]);
    const missing = second.request('files.list', { folder: join(folder, 'none') });
    await expect(missing).rejects.toMatchObject({ code: 'files/missing' });
  });

  test('closes on an invalid frame, and the host stays up', async () => {
    const { host } = await startHost();
    const socket = await openSocket(host, ['lamina', await logIn(host)], { origin: originOf(host) });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.send('not a frame');
    expect(await closed).toBe(1003);
    expect((await ask(host.port, '/')).status).toBe(200);
  });

  test('rejects open requests when the host closes', async () => {
    const { host } = await startHost();
    const client = await openClient(host, await logIn(host));
    await client.request('app.info', {});
    const lost = new Promise((resolve) => client.onConnection(resolve));
    await host.close();
    expect(await lost).toBe(false);
    await expect(client.request('app.info', {})).rejects.toMatchObject({ code: 'connection/lost' });
  });
});

test('a connection with invalid HTTP does not affect the host', async () => {
  const { host } = await startHost();
  await new Promise<void>((resolve) => {
    const socket = connect(host.port, '127.0.0.1', () => socket.end('\x16\x03\x01garbage\r\n\r\n'));
    socket.on('close', () => resolve());
    socket.resume();
  });
  expect((await ask(host.port, '/')).status).toBe(200);
});
