import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DataProcesses } from '../../src-main/core/data-processes.ts';
import { listFolder } from '../../src-main/core/projects/file-listing.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { openCore } from './core-window.ts';
import { copyExample } from '../support/example-project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const total = ({ user, system }: NodeJS.CpuUsage): number => user + system;

test('dataset requests run in another process', async () => {
  const folder = copyExample('spirals');
  const rows = Array.from({ length: 60_000 }, (_, row) => `${row},${row % 7},${row % 2 === 0 ? 'even' : 'odd'}`);
  writeFileSync(join(folder, 'numbers.csv'), `row,rest,parity\n${rows.join('\n')}\n`);
  const { window } = openCore(folder);
  const document = await window.request('dataset.detect', { path: 'numbers.csv' });
  expect(document.columns.map((column) => column.name)).toEqual(['row', 'rest', 'parity']);

  const before = process.cpuUsage();
  const [profile, prepared] = await Promise.all([
    window.request('dataset.profile', { document }),
    window.request('dataset.prepare', { document }),
  ]);
  const spent = total(process.cpuUsage(before));
  const direct = process.cpuUsage();
  await Promise.all([profileDataset(document, folder), prepareDataset(document, folder)]);
  expect(profile.rows).toBe(60_000);
  expect(prepared.rows.train + prepared.rows.validation + prepared.rows.test).toBe(60_000);
  expect(prepared.spec.targets[0]).toMatchObject({ kind: 'classes', classes: ['even', 'odd'] });
  expect(spent / total(process.cpuUsage(direct))).toBeLessThan(0.5);
});

test('a job that arrives while the idle data process ends runs in the next process', async () => {
  const data = new DataProcesses({ idleMs: 0 });
  onTestFinished(() => data.close());
  const projectFolder = temporaryFolder();
  writeFileSync(join(projectFolder, 'few.csv'), 'a,b\n1,2\n3,4\n');
  for (let round = 0; round < 12; round++) {
    const { columns } = await data.call('detect', { path: 'few.csv', projectFolder });
    expect(columns).toHaveLength(2);
    await delay(round % 3);
  }
});

test('a small file does not wait for a large one, and an aborted call ends', async () => {
  const data = new DataProcesses({ idleMs: 0 });
  onTestFinished(() => data.close());
  const projectFolder = temporaryFolder();
  writeFileSync(join(projectFolder, 'few.csv'), 'a,b\n1,2\n3,4\n');
  // Quoted values need the careful reader, which takes seconds.
  const line = (i: number) => `"${i % 97}",${i},"${i % 3}"`;
  const rows = Array.from({ length: 1_000_000 }, (_, i) => line(i));
  writeFileSync(join(projectFolder, 'many.csv'), `a,b,c\n${rows.join('\n')}\n`);
  const document = await data.call('detect', { path: 'many.csv', projectFolder });
  const aborting = new AbortController();
  let ended = false;
  const profile = data
    .call('profile', { document, projectFolder }, { signal: aborting.signal })
    .then(() => 'completed')
    .catch(() => 'aborted')
    .finally(() => (ended = true));
  await data.call('detect', { path: 'few.csv', projectFolder });
  expect(ended).toBe(false);
  aborting.abort();
  expect(await profile).toBe('aborted');
  expect((await data.call('detect', { path: 'few.csv', projectFolder })).columns).toHaveLength(2);
});

test('dataset.prepare prepares the generated example', async () => {
  const { window } = openCore(copyExample('spirals'));
  const { dataset } = await window.request('project.get', {});
  const { spec } = await window.request('dataset.prepare', { document: dataset });
  expect(spec.inputShape).toEqual([2]);
});

test('dataset errors name the file or line', async () => {
  const folder = copyExample('spirals');
  const { window } = openCore(folder);
  await expect(window.request('dataset.detect', { path: 'none.csv' })).rejects.toMatchObject({
    code: 'dataset/missing-file',
  });
  writeFileSync(join(folder, 'ragged.csv'), 'a,b,c\n1,2,3\n4,5\n6,7,8\n');
  const ragged = window
    .request('dataset.detect', { path: 'ragged.csv' })
    .then((document) => window.request('dataset.profile', { document }));
  await expect(ragged).rejects.toThrow(/3/);
});

test('files.list returns folders first, skips hidden entries and rejects a file', async () => {
  const folder = temporaryFolder();
  for (const name of ['.hidden', 'b10', 'b9', 'a']) mkdirSync(join(folder, name));
  for (const name of ['z.csv', 'A.csv', '.secret']) writeFileSync(join(folder, name), 'abc');
  const { window } = openCore(join(folder, 'a'), { create: true });
  const { entries, parent } = await window.request('files.list', { folder });
  expect(entries.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    'folder a',
    'folder b9',
    'folder b10',
    'file A.csv',
    'file z.csv',
  ]);
  expect(entries[3]?.sizeBytes).toBe(3);
  expect(parent).toBe(join(folder, '..'));
  const file = window.request('files.list', { folder: join(folder, 'z.csv') });
  await expect(file).rejects.toMatchObject({ code: 'files/not-a-folder' });
  expect((await window.request('files.list', { folder: '/' })).parent).toBeNull();
});

test('files.list sorts large folders as small ones, and ends when it is aborted', async () => {
  const folder = temporaryFolder();
  for (let file = 0; file < 2_500; file++) writeFileSync(join(folder, `${(file * 7919) % 2_500}.csv`), '');
  const { window } = openCore(temporaryFolder(), { create: true });
  const { entries } = await window.request('files.list', { folder });
  expect(entries.map(({ name }) => name)).toEqual(Array.from({ length: 2_500 }, (_, file) => `${file}.csv`));
  const aborted = AbortSignal.abort(new Error('aborted'));
  await expect(listFolder(folder, folder, aborted)).rejects.toThrow('aborted');
});

test('cache.get reports the size of what was read, cache.clear empties it', async () => {
  // Other test files fill the cache of the suite.
  vi.stubEnv('LAMINA_DATA_CACHE', temporaryFolder());
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const folder = copyExample('spirals');
  writeFileSync(join(folder, 'cached.csv'), 'a,b\n1,2\n3,4\n5,6\n7,8\n');
  const { window } = openCore(folder);
  const document = await window.request('dataset.detect', { path: 'cached.csv' });
  await window.request('dataset.profile', { document });
  const before = await window.request('cache.get', {});
  expect(before.sizeBytes).toBeGreaterThan(0);
  expect(before.limitBytes).toBeGreaterThan(0);
  expect(await window.request('cache.clear', {})).toEqual({ ...before, sizeBytes: 0 });
  expect((await window.request('dataset.profile', { document })).rows).toBe(4);
});

test('preferences merge changes and fall back to defaults when the file is damaged', async () => {
  const [folder, configFolder] = [temporaryFolder(), temporaryFolder()];
  const { window } = openCore(folder, { create: true, configFolder });
  expect(await window.request('preferences.get', {})).toEqual({ theme: 'system', runsAtOnce: 1, layout: {} });
  await Promise.all([
    window.request('preferences.set', { theme: 'dark' }),
    window.request('preferences.set', { layout: { left: 300 } }),
    window.request('preferences.set', { layout: { right: false } }),
  ]);
  const expected = { theme: 'dark', runsAtOnce: 1, layout: { left: 300, right: false } };
  expect(await window.request('preferences.get', {})).toEqual(expected);
  expect(await openCore(folder, { configFolder }).window.request('preferences.get', {})).toEqual(expected);
  writeFileSync(join(configFolder, 'preferences.json'), '{');
  expect(await window.request('preferences.get', {})).toEqual({ theme: 'system', runsAtOnce: 1, layout: {} });
});
