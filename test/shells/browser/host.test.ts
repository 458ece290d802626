import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../../src-shared/contract/client.ts';
import type { LaminaClient } from '../../../src-shared/contract/contract.ts';
import { createSocketTransport } from '../../../src-main/shells/browser/socket-transport.ts';
import { startBrowserHost } from '../../../src-main/shells/browser/host.ts';
import type { BrowserHost } from '../../../src-main/shells/browser/host.ts';
import { openCore } from '../../core/core-window.ts';
import { temporaryFolder } from '../../core/temporary-folder.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request exactly as written: `fetch` would tidy the path and set its own Host. */
function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('error', reject);
    request.end();
  });
}

async function startHost(): Promise<{ host: BrowserHost; newLinks: string[]; folder: string }> {
  const folder = temporaryFolder();
  const rendererFolder = join(folder, 'renderer');
  mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
  writeFileSync(join(rendererFolder, 'index.html'), '<!doctype html><title>Lamina</title>');
  writeFileSync(join(rendererFolder, 'assets', 'index-abc.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(rendererFolder, 'link.txt'));
  const { core } = openCore(join(folder, 'project'), { create: true });
  await core.ready();
  const newLinks: string[] = [];
  const host = await startBrowserHost({ core, rendererFolder, port: 0, onNewLink: (url) => newLinks.push(url) });
  onTestFinished(() => host.close());
  return { host, newLinks, folder };
}

/** Uses the link up. @returns The cookie header of the browser that did. */
async function letIn(host: BrowserHost): Promise<string> {
  const { pathname, search } = new URL(host.link());
  const { headers } = await ask(host.port, pathname + search);
  return String(headers['set-cookie']?.[0]).split(';')[0] ?? '';
}

function openSocket(host: BrowserHost, headers: Record<string, string>): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/contract`, { headers });
    socket.on('open', () => resolve(socket));
    socket.on('error', reject);
  });
}

async function openClient(host: BrowserHost, cookie: string): Promise<LaminaClient> {
  const socket = await openSocket(host, { cookie, origin: `http://127.0.0.1:${host.port}` });
  onTestFinished(() => socket.terminate());
  return createClient(createSocketTransport(socket));
}

describe('the link', () => {
  test('works once and leaves a strict cookie that goes on working', async () => {
    const { host, newLinks } = await startHost();
    const { pathname, search } = new URL(host.link());
    const first = await ask(host.port, pathname + search);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    const setCookie = String(first.headers['set-cookie']);
    expect(setCookie).toMatch(/HttpOnly/);
    expect(setCookie).toMatch(/SameSite=Strict/);
    const cookie = setCookie.split(';')[0] ?? '';
    for (let reload = 0; reload < 2; reload += 1) expect((await ask(host.port, '/', { cookie })).status).toBe(200);

    const again = await ask(host.port, pathname + search);
    expect(again.status).toBe(403);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(newLinks).toEqual([host.link()]);
    expect(host.link()).not.toContain(search);
    expect((await ask(host.port, pathname + search, { cookie })).status).toBe(303);
  });

  test('with a wrong token, or none, shows nothing', async () => {
    const { host } = await startHost();
    expect((await ask(host.port, '/?token=wrong')).status).toBe(403);
    const none = await ask(host.port, '/');
    expect(none.status).toBe(401);
    expect(none.body).toMatch(/link/);
    expect((await ask(host.port, '/assets/index-abc.js')).status).toBe(401);
    expect((await ask(host.port, '/', { cookie: `lamina-${host.port}=guess` })).status).toBe(401);
  });
});

describe('HTTP', () => {
  test('answers carry a strict content security policy', async () => {
    const { host } = await startHost();
    const cookie = await letIn(host);
    for (const path of ['/', '/assets/index-abc.js', '/missing']) {
      const { headers } = await ask(host.port, path, { cookie });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("script-src 'self';");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
    }
  });

  test('names that are not this machine are refused, whatever the cookie', async () => {
    const { host } = await startHost();
    const cookie = await letIn(host);
    for (const name of ['evil.example', `evil.example:${host.port}`, '127.0.0.1.evil.example', 'localhost.evil:80']) {
      expect((await ask(host.port, '/', { cookie, host: name })).status).toBeGreaterThanOrEqual(400);
    }
    for (const name of [`localhost:${host.port}`, '127.0.0.1:9999', 'localhost']) {
      expect((await ask(host.port, '/', { cookie, host: name })).status).toBe(200);
    }
  });

  test('pages of other origins and other methods are refused', async () => {
    const { host } = await startHost();
    const cookie = await letIn(host);
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${host.port + 1}`, 'http://localhost']) {
      expect((await ask(host.port, '/', { cookie, origin })).status).toBe(403);
    }
    expect((await ask(host.port, '/', { cookie, origin: `http://127.0.0.1:${host.port}` })).status).toBe(200);
    expect((await ask(host.port, '/', { cookie }, 'POST')).status).toBe(405);
  });

  test('paths stay inside the built window', async () => {
    const { host } = await startHost();
    const cookie = await letIn(host);
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
      const { status, body } = await ask(host.port, path, { cookie });
      expect([path, status]).toEqual([path, 404]);
      expect(body).not.toContain('secret\n');
    }
  });

  test('listens on the loopback interface alone, and says so where the port is taken', async () => {
    const { host, folder } = await startHost();
    const { core } = openCore(join(folder, 'project'));
    const second = startBrowserHost({ core, rendererFolder: folder, port: host.port });
    await expect(second).rejects.toMatchObject({ code: 'browser/port-in-use' });
  });
});

describe('the WebSocket', () => {
  test('is refused without cookie, from other origins and at other paths', async () => {
    const { host } = await startHost();
    const cookie = await letIn(host);
    const own = `http://127.0.0.1:${host.port}`;
    await expect(openSocket(host, { origin: own })).rejects.toThrow(/403/);
    await expect(openSocket(host, { cookie })).rejects.toThrow(/403/);
    await expect(openSocket(host, { cookie, origin: 'http://evil.example' })).rejects.toThrow(/403/);
    await expect(openSocket(host, { cookie, origin: 'http://evil.example', host: 'evil.example' })).rejects.toThrow(
      /403/,
    );
    await expect(openSocket(host, { cookie, origin: 'http://localhost:1234' })).rejects.toThrow(/403/);
    const tunnelled = await openSocket(host, { cookie, origin: 'http://localhost:8080', host: 'localhost:8080' });
    tunnelled.terminate();
  });

  test('carries the contract for several windows', async () => {
    const { host, folder } = await startHost();
    const cookie = await letIn(host);
    const [first, second] = [await openClient(host, cookie), await openClient(host, cookie)];
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

  test('closes on what is not a frame, and the host goes on', async () => {
    const { host } = await startHost();
    const cookie = await letIn(host);
    const socket = await openSocket(host, { cookie, origin: `http://127.0.0.1:${host.port}` });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.send('not a frame');
    expect(await closed).toBe(1003);
    expect((await ask(host.port, '/', { cookie })).status).toBe(200);
  });

  test('requests under way fail when the host ends', async () => {
    const { host } = await startHost();
    const client = await openClient(host, await letIn(host));
    await client.request('app.info', {});
    const lost = new Promise((resolve) => client.onConnection(resolve));
    await host.close();
    expect(await lost).toBe(false);
    await expect(client.request('app.info', {})).rejects.toMatchObject({ code: 'connection/lost' });
  });
});

test('a connection that sends garbage instead of HTTP does no harm', async () => {
  const { host } = await startHost();
  await new Promise<void>((resolve) => {
    const socket = connect(host.port, '127.0.0.1', () => socket.end('\x16\x03\x01garbage\r\n\r\n'));
    socket.on('close', () => resolve());
    socket.resume();
  });
  expect((await ask(host.port, '/')).status).toBe(401);
});
