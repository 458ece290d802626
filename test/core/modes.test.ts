import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { exampleCopy, exampleFolders } from '../../src-main/core/projects/default-project.ts';
import { startAtLastPort } from '../../src-main/shells/browser/last-port.ts';
import { probeEngines } from '../../src-main/engine-setup/probe.ts';
import { artifactsFolder, writeArtifact } from '../../src-main/runs/artifacts.ts';
import { databasePath } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { acquireLock } from '../../src-main/system/file-lock.ts';
import { openCore } from './core-window.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The most permissive umask: remaining restrictions are set by Lamina. */
let umask: number;
beforeEach(() => {
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
  vi.unstubAllEnvs();
});

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** Entries below a folder that others may access. */
function openIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return modeOf(path) === (entry.isDirectory() ? '700' : '600') ? [] : [`${path} ${modeOf(path)}`];
  });
}

const onPosix = test.skipIf(process.platform === 'win32');

onPosix('a project, its runs and its copies are private to the user', async () => {
  const base = temporaryFolder();
  const folder = join(base, 'made', 'project');
  const { core, window } = openCore(folder, { create: true, configFolder: join(base, 'config', 'lamina') });
  const { model, modelRevision } = await window.request('project.get', {});
  await window.request('project.saveModel', { document: { ...model, name: 'b' }, baseRevision: modelRevision });
  await window.request('project.saveCopy', { folder: join(base, 'copies', 'copy') });
  await window.request('preferences.set', { theme: 'dark' });
  const store = RunStore.open(folder);
  store.list();
  const data = Float32Array.of(1);
  await writeArtifact(artifactsFolder(folder), new Map([['w', { dtype: 'float32', shape: [1], data }]]));
  const lock = await acquireLock(join(folder, 'lock'), { silentMs: 1_000 });
  await startAtLastPort(join(base, 'ports', 'lamina'), folder, async () => ({ port: 1 }));
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['runs.sqlite', 'runs.sqlite-wal', 'runs.sqlite-shm']));
  expect(openIn(base)).toEqual([]);
  await lock.release();
  store.close();
  await core.close();
});

onPosix('a run history in a shared folder is private to the user', () => {
  const folder = join(temporaryFolder(), 'shared');
  mkdirSync(folder, { mode: 0o775 });
  RunStore.open(folder).close();
  expect(modeOf(databasePath(folder))).toBe('600');
});

onPosix('existing folders and files keep their modes', async () => {
  const folder = join(temporaryFolder(), 'shared');
  mkdirSync(folder, { mode: 0o775 });
  const { window } = openCore(folder, { create: true });
  const { model, modelRevision, modelFile } = await window.request('project.get', {});
  expect(modeOf(folder)).toBe('775');
  const path = join(folder, modelFile);
  expect(modeOf(path)).toBe('600');
  chmodSync(path, 0o664);
  await window.request('project.saveModel', { document: { ...model, name: 'b' }, baseRevision: modelRevision });
  expect(modeOf(path)).toBe('664');
});

onPosix('copies of examples and engine measurements are private to the user', async () => {
  const base = temporaryFolder();
  vi.stubEnv('HOME', join(base, 'home'));
  vi.stubEnv('LAMINA_CACHE', join(base, 'cache', 'lamina'));
  mkdirSync(join(base, 'home'), { mode: 0o700 });
  const [example] = await exampleFolders();
  await exampleCopy(example!);
  await probeEngines();
  expect(readdirSync(join(base, 'cache', 'lamina'))).toEqual(['probes.json']);
  expect([openIn(join(base, 'home', 'Lamina')), openIn(join(base, 'cache'))]).toEqual([[], []]);
  expect([join('home', 'Lamina'), 'cache'].map((name) => modeOf(join(base, name)))).toEqual(['700', '700']);
});
