import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

/** A server of another program on 127.0.0.1. @returns Its address and the received headers. */
async function startOtherServer(): Promise<{ address: string; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(JSON.stringify(request.headers));
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>Other</title>');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, heard };
}

test('a link authenticates one browser with its reloads and tabs, and no page of another port', async () => {
  const folders = newFolders('spirals');
  const host = await startHost(folders.project, folders.config);
  const context = await openContext();
  const first = await Studio.open(context, host);
  expect(first.page.url()).not.toContain('token');
  await first.page.reload();
  await first.ready();
  // The same link again, in the same browser.
  const second = await Studio.openByLink(context, host);
  expect(second.page.url()).not.toContain('token');

  const other = await startOtherServer();
  const page = await context.newPage();
  await page.goto(other.address);
  const { port } = new URL(host.link);
  const opened = await page.evaluate(async (address) => {
    const attempts = [[], ['lamina'], ['lamina', ...Object.values({ ...localStorage })]].map(
      (protocols) =>
        new Promise<boolean>((resolve) => {
          const socket = new WebSocket(address, protocols as string[]);
          socket.addEventListener('open', () => resolve(true));
          socket.addEventListener('error', () => resolve(false));
        }),
    );
    return Promise.all(attempts);
  }, `ws://127.0.0.1:${port}/contract`);
  expect(opened).toEqual([false, false, false]);
  const key = await first.page.evaluate(() => localStorage.getItem('lamina-session'));
  expect(key).toHaveLength(43);
  for (const headers of other.heard) {
    expect(headers).not.toContain(key);
    expect(headers).not.toContain('cookie');
  }
  expect(first.errors).toEqual([]);

  const stranger = await (await openContext()).newPage();
  await stranger.goto(host.link);
  await stranger.getByRole('heading', { name: 'This browser has not been let in' }).waitFor();
  await stranger.getByText('kill -USR2').waitFor();
});
