import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchFile } from '../../src-main/engine-setup/fetch-file.ts';
import { findPython } from '../../src-main/engine-setup/python.ts';

const content = Buffer.from(Float64Array.from({ length: 500_000 }, (_, i) => i).buffer);
let folder: string;
let server: Server;
let asked: (string | undefined)[];
/** Bytes after which the server closes the connection, one entry per request. */
let breaks: number[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamina-fetch-'));
  asked = [];
  breaks = [];
  server = createServer((request, response) => {
    asked.push(request.headers.range);
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= content.length) return void response.writeHead(416).end();
    const rest = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
    const length = breaks.shift();
    if (length === undefined) return void response.end(rest);
    response.write(rest.subarray(0, length), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function fetchInto(path: string): Promise<boolean> {
  const { port } = server.address() as AddressInfo;
  return fetchFile(await findPython(), `http://127.0.0.1:${port}/wheel`, path, { environment: { no_proxy: '*' } });
}

test('resumes an earlier partial download', async () => {
  const path = join(folder, 'wheel.part');
  await writeFile(path, content.subarray(0, 1_000_000));
  expect(await fetchInto(path)).toBe(true);
  expect(asked).toEqual(['bytes=1000000-']);
  expect((await readFile(path)).equals(content)).toBe(true);
});

test('resumes when the connection breaks', async () => {
  breaks = [2_000_000];
  const path = join(folder, 'wheel.part');
  expect(await fetchInto(path)).toBe(true);
  expect(asked.length).toBeGreaterThan(1);
  expect(asked[1]).toMatch(/^bytes=\d+-$/);
  expect((await readFile(path)).equals(content)).toBe(true);
});

test('accepts a file that is already complete', async () => {
  const path = join(folder, 'wheel.part');
  await writeFile(path, content);
  expect(await fetchInto(path)).toBe(true);
  expect((await readFile(path)).equals(content)).toBe(true);
});

test('returns false when no more data arrives, and keeps the partial file', async () => {
  const path = join(folder, 'wheel.part');
  await writeFile(path, content.subarray(0, 10));
  const { port } = server.address() as AddressInfo;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const options = { environment: { no_proxy: '*' } };
  expect(await fetchFile(await findPython(), `http://127.0.0.1:${port}/wheel`, path, options)).toBe(false);
  expect((await readFile(path)).length).toBe(10);
});
