import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { openCore } from './core-window.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Paths that block or confuse whoever opens them: a pipe without a writer, /proc, which refuses folders with ENOENT.
describe.skipIf(process.platform !== 'linux')('a path that cannot hold a folder', () => {
  let base: string;
  let window: LaminaClient;
  let places: string[];
  const pipe = (): string => join(base, 'pipe');

  beforeEach(() => {
    base = temporaryFolder();
    writeFileSync(join(base, 'file'), 'a,b\n1,2\n');
    execFileSync('mkfifo', [pipe()]);
    symlinkSync(join(base, 'circle'), join(base, 'circle'));
    places = [
      ...[join(base, 'file'), join(base, 'file', 'a', 'b'), pipe(), join(pipe(), 'a'), join(base, 'circle', 'a')],
      ...[join(base, 'x'.repeat(300)), `${base}/nul\0`, '/proc/lamina', '/proc/lamina/a', '/proc/self/a', '/dev/null'],
    ];
    ({ window } = openCore(join(base, 'project'), { create: true }));
  });

  /** Code of the reported error. */
  const codeOf = (answer: Promise<unknown>): Promise<string> =>
    answer.then(
      () => 'none',
      (error: unknown) => AppError.from(error).code,
    );

  test.each([
    ['project.open', (folder: string) => window.request('project.open', { folder, create: false })],
    ['project.open to create', (folder: string) => window.request('project.open', { folder, create: true })],
    ['project.saveCopy', (folder: string) => window.request('project.saveCopy', { folder })],
    ['files.list', (folder: string) => window.request('files.list', { folder })],
    ['files.makeFolder', (folder: string) => window.request('files.makeFolder', { folder })],
  ] as const)('is rejected by %s with a code, and the open project stays usable', async (_name, ask) => {
    const { folder } = await window.request('project.get', {});
    const before = readdirSync(base);
    for (const place of places) {
      expect([place, await codeOf(ask(place))]).toEqual([place, expect.stringMatching(/^(files|project)\//)]);
    }
    expect(readdirSync(base)).toEqual(before);
    expect((await window.request('project.get', {})).folder).toBe(folder);
  });

  test('is rejected by dataset.detect, also a pipe inside a folder', async () => {
    mkdirSync(join(base, 'csv'));
    execFileSync('mkfifo', [join(base, 'csv', 'data.csv')]);
    mkdirSync(join(base, 'idx'));
    for (const name of ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte']) {
      execFileSync('mkfifo', [join(base, 'idx', name)]);
    }
    const sources = [pipe(), join(base, 'csv'), join(base, 'idx'), '/dev/zero', '/dev/tty', ...places.slice(1)];
    for (const path of sources) {
      const code = await codeOf(window.request('dataset.detect', { path }));
      expect([path, code]).toEqual([path, expect.stringMatching(/^dataset\/(unreadable-file|missing-file)$/)]);
    }
    const { columns } = await window.request('dataset.detect', { path: join(base, 'file') });
    expect(columns).toHaveLength(2);
  });

  test.each(['model.lamina.json', 'data.dataset.json', 'lamina-project.json'])(
    'reports a warning for %s when it is a pipe, which the next save sets aside',
    async (name) => {
      const { modelRevision } = await window.request('project.get', {});
      expect(modelRevision).toBeGreaterThan(0);
      const folder = join(base, 'pipes');
      mkdirSync(folder);
      execFileSync('mkfifo', [join(folder, name)]);
      writeFileSync(join(folder, 'other.lamina.json'), '{}');
      const { core, window: other } = openCore(folder);
      const opened = await other.request('project.get', {});
      if (name !== 'data.dataset.json')
        expect(opened.warnings.map(({ code, details }) => `${code} ${details['fileName']}`)).toContain(
          `files/unreadable ${name}`,
        );
      await other.request('project.places', {});
      const { model, dataset, configuration } = opened;
      if (name === 'model.lamina.json') {
        await other.request('project.saveModel', { document: model, baseRevision: opened.modelRevision });
      } else if (name === 'data.dataset.json') {
        await other.request('project.saveDataset', { document: dataset, baseRevision: opened.datasetRevision });
      } else {
        await other.request('project.saveConfiguration', {
          configuration,
          baseRevision: opened.configurationRevision,
        });
      }
      expect(statSync(join(folder, name)).isFile()).toBe(true);
      expect(existsSync(join(folder, `${name}.damaged-1`))).toBe(true);
      await core.close();
    },
  );
});
