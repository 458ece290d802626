import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProjectSnapshot } from '../../../src-shared/contract/contract.ts';
import type { EpochRecord } from '../../../src-shared/training/run/run.ts';
import { processesUnder, startDisplay, startProgram, waitForOutput } from './application.ts';
import type { Running } from './application.ts';
import { connectToPage, pageAddresses } from './devtools.ts';
import type { Page } from './devtools.ts';
import { packageApplication } from './package.ts';
import type { PackagedApplication } from './package.ts';
import { prepareSandbox } from './sandbox.ts';

/** Set by `npm test`, which also provides Xvfb and the desktop libraries. */
const electron = process.env['LAMINA_TEST_ELECTRON'];
const root = join(import.meta.dirname, '../../..');
const epochs = 3;
/** Limit for hangs only. */
const patienceMs = 120_000;

describe.skipIf(electron === undefined)('the packaged application in a real Electron', () => {
  let work: string;
  let packaged: PackagedApplication;
  let display: { display: string; stop: () => void };
  let application: Running;
  let page: Page;
  let port: number;

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'lamina-electron-'));
    packaged = await packageApplication(electron!, work);
    await tinyProject(join(work, 'project'));
    display = await startDisplay();
    const { user, flags } = await prepareSandbox(work, packaged);
    application = startProgram(
      packaged.executable,
      [...flags, '--remote-debugging-port=0', join(work, 'project')],
      { DISPLAY: display.display, HOME: work, XDG_CONFIG_HOME: work, XDG_CACHE_HOME: work },
      user,
    );
    const [, portText] = await waitForOutput(
      application,
      /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/,
      patienceMs,
    );
    port = Number(portText);
    page = await connectToPage(port, 'lamina://app/');
  });

  afterAll(async () => {
    page?.close();
    application?.process.kill('SIGKILL');
    await application?.ended;
    display?.stop();
    await rm(work, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  const request = <Result>(name: string, params: object = {}): Promise<Result> =>
    page.evaluate<Result>(`lamina.request(${JSON.stringify(name)}, ${JSON.stringify(params)})`);

  test('includes the files it needs', () => {
    for (const file of [
      'node_modules/node/bin/node',
      'node_modules/@tensorflow/tfjs-node-gpu/binding/tfjs_binding.cc',
      'node_modules/node-api-headers/include/node_api.h',
      'out/main/core.js',
      'out/main/trainer.js',
      'examples/spirals/lamina-project.json',
    ]) {
      expect(existsSync(join(packaged.folder, file)), file).toBe(true);
    }
    for (const file of ['node_modules/vitest', 'node_modules/electron', 'src-main', 'test']) {
      expect(existsSync(join(packaged.folder, file)), file).toBe(false);
    }
  });

  test('shows the real window, isolated from Node', async () => {
    const shown = await waitFor<{ title: string; text: string }>(
      () => page.evaluate('({ title: document.title, text: document.body?.innerText ?? "" })'),
      ({ title, text }) => title !== '' && text.length > 20,
    );
    expect(shown).toMatchObject({ title: expect.stringContaining('Lamina'), text: expect.stringContaining('Train') });
    expect(await page.evaluate('[typeof require, typeof process, typeof module].join()')).toBe(
      'undefined,undefined,undefined',
    );
    expect(await page.evaluate('Object.keys(lamina).sort().join()')).toBe('on,onConnection,request');
  });

  test('rejects inline scripts, connections, navigation, new windows and permissions', async () => {
    const violated = (action: string): Promise<string> =>
      page.evaluate(`new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
        setTimeout(() => resolve('nothing'), ${patienceMs});
        ${action}
      })`);
    const script =
      "document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }));";
    expect(await violated(script)).toMatch(/^script-src/);
    expect(await page.evaluate('typeof window.ran')).toBe('undefined');
    expect(await violated("fetch('http://127.0.0.1:9/').catch(() => {});")).toMatch(/^(connect|default)-src/);
    await page.evaluate("void window.open('https://example.com')");
    await page.evaluate("void (location.href = 'https://example.com')");
    await delay(500);
    expect(await pageAddresses(port)).toEqual(['lamina://app/index.html']);
    expect(await page.evaluate('Notification.requestPermission()')).toBe('denied');
  });

  test('answers requests through preload, main and core', async () => {
    expect(await request('app.info')).toMatchObject({ shell: 'electron', platform: 'linux' });
    const project = await request<ProjectSnapshot>('project.get');
    expect(project).toMatchObject({ folder: join(work, 'project'), configuration: { epochs } });
    const failure = await page.evaluate<object>(
      "lamina.request('runs.get', { runId: 'none' }).catch((error) => error)",
    );
    expect(failure).toMatchObject({ code: expect.stringContaining('/'), message: expect.any(String), details: {} });
  });

  test('trains and sends events to the page', async () => {
    await page.evaluate(`void (window.seen = { epochs: [], states: [], progress: 0 },
      lamina.on('run.epoch', ({ record }) => seen.epochs.push(record)),
      lamina.on('run.progress', () => seen.progress++),
      lamina.on('run.changed', ({ summary }) => seen.states.push(summary.state)))`);
    await request('training.start');
    const seen = await waitFor<{ epochs: EpochRecord[]; states: string[]; progress: number }>(
      () => page.evaluate('seen'),
      ({ states }) => states.some((state) => ['completed', 'failed', 'interrupted', 'stopped'].includes(state)),
    );
    expect(seen.states.at(-1)).toBe('completed');
    expect(seen.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(seen.progress).toBeGreaterThan(0);
    expect(seen.epochs.at(-1)!.metrics['loss']).toBeGreaterThan(0);
  });

  test('quits when its window closes and leaves no process', async () => {
    expect((await processesUnder(work)).length).toBeGreaterThan(2);
    await page.evaluate('setTimeout(() => window.close(), 50)');
    const status = await Promise.race([application.ended, delay(patienceMs, 'still running')]);
    expect(status).toBe(0);
    expect(
      await waitFor(
        () => processesUnder(work),
        (left) => left.length === 0,
      ),
    ).toEqual([]);
  });
});

/** The bundled example, shortened to a few seconds of training. */
async function tinyProject(folder: string): Promise<void> {
  await cp(join(root, 'examples/spirals'), folder, { recursive: true });
  const file = join(folder, 'lamina-project.json');
  const project = JSON.parse(await readFile(file, 'utf8')) as { configuration: { epochs: number } };
  project.configuration.epochs = epochs;
  await writeFile(file, JSON.stringify(project));
}

/** @returns The first value that satisfies the condition, or the last one. */
async function waitFor<Value>(look: () => Promise<Value>, satisfies: (value: Value) => boolean): Promise<Value> {
  const endsAt = Date.now() + patienceMs;
  for (;;) {
    const value = await look();
    if (satisfies(value) || Date.now() > endsAt) return value;
    await delay(100);
  }
}
