import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openCore, openWindow } from './core-window.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('project.places lists existing recent projects, newest first', async () => {
  const [place, configFolder] = [temporaryFolder(), temporaryFolder()];
  const folder = (name: string) => join(place, name);
  const { core, window } = openCore(folder('first'), { create: true, configFolder });
  for (const name of ['second', 'third', 'second']) {
    await window.request('project.open', { folder: folder(name), create: true });
  }
  const known = (...names: string[]) => names.map((name) => ({ name, folder: folder(name) }));
  expect((await window.request('project.places', {})).recent).toEqual(known('second', 'third', 'first'));
  await core.close();
  rmSync(folder('third'), { recursive: true });
  const later = openCore(folder('first'), { configFolder }).window;
  expect((await later.request('project.places', {})).recent).toEqual(known('first', 'second'));
  writeFileSync(join(configFolder, 'recent-projects.json'), '{');
  expect((await later.request('project.places', {})).recent).toEqual([]);
});

test('opening the open project again emits no project.changed', async () => {
  const place = temporaryFolder();
  const { core, window } = openCore(join(place, 'project'), { create: true });
  const changes: string[] = [];
  openWindow(core).on('project.changed', ({ what }) => changes.push(what));
  for (const create of [true, false]) {
    expect(await window.request('project.open', { folder: join(place, 'project'), create })).toMatchObject({
      name: 'project',
    });
  }
  await window.request('project.open', { folder: join(place, 'other'), create: true });
  await expect.poll(() => changes).toEqual(['project']);
});

test('project.openExample opens a copy in the home folder', async () => {
  const home = temporaryFolder();
  vi.stubEnv('HOME', home);
  const { window } = openCore(join(home, 'project'), { create: true });
  const { examples } = await window.request('project.places', {});
  expect(examples.map(({ name }) => name)).toContain('MNIST digits');
  const mnist = examples.find(({ name }) => name === 'MNIST digits')!;
  const copy = join(home, 'Lamina', 'mnist');
  expect(await window.request('project.openExample', { folder: mnist.folder })).toMatchObject({ folder: copy });
  expect(existsSync(join(copy, 'lamina-project.json'))).toBe(true);
  const none = window.request('project.openExample', { folder: home });
  await expect(none).rejects.toMatchObject({ code: 'project/unknown-example' });
});

test('files.makeFolder and project.open expand ~ to the home folder', async () => {
  const home = temporaryFolder();
  vi.stubEnv('HOME', home);
  const { window } = openCore(join(home, 'project'), { create: true });
  expect(await window.request('files.makeFolder', { folder: '~/a/b' })).toEqual({ folder: join(home, 'a', 'b') });
  await expect(window.request('files.makeFolder', { folder: '~/a' })).rejects.toMatchObject({ code: 'files/exists' });
  expect((await window.request('files.list', { folder: '~/a' })).isProject).toBe(false);
  await window.request('project.open', { folder: '~/a', create: true });
  expect((await window.request('files.list', { folder: '~/a' })).isProject).toBe(true);
  expect(readFileSync(join(home, 'a', 'lamina-project.json'), 'utf8')).toContain('"name": "a"');
  mkdirSync(join(home, 'c'));
  expect((await window.request('files.list', { folder: '../c' })).folder).toBe(join(home, 'c'));
});
