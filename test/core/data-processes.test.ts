import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { DataProcesses } from '../../src-main/core/data-processes.ts';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { programPath } from '../../src-main/programs.ts';
import { childProcesses } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openCore } from './core-window.ts';

const dataProcesses = (): number[] =>
  childProcesses(process.pid).flatMap(({ pid, command }) => (command.includes(programPath('data')) ? [pid] : []));

/** A large CSV file, whose contents differ with `rows` so that the cache does not have it, and a small one. */
function writeFiles(rows: number): string {
  const folder = temporaryFolder();
  const lines = Array.from({ length: rows }, (_, row) => `${row},"text ${row}",${row % 3}`);
  writeFileSync(join(folder, 'large.csv'), `row,text,class\n${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'small.csv'), 'a,b\n1,2\n3,4\n5,6\n');
  return folder;
}

interface Reading {
  readonly document: DatasetDocument;
  readonly window: ReturnType<typeof openCore>['window'];
  readonly controller: AbortController;
  readonly answer: Promise<unknown>;
  /** The process that reads `large.csv`. */
  readonly pid: number;
}

/** A profile of `large.csv` that has begun. */
async function readingLarge(): Promise<Reading> {
  const { window } = openCore(writeFiles(400_000), { create: true });
  const before = dataProcesses();
  const document = await window.request('dataset.detect', { path: 'large.csv' });
  const [pid] = dataProcesses().filter((each) => !before.includes(each));
  const controller = new AbortController();
  const begun = Promise.withResolvers<void>();
  const onProgress = ({ activity }: RequestProgress): void => {
    if (activity === 'Reading data') begun.resolve();
  };
  const answer = window
    .request('dataset.profile', { document }, { signal: controller.signal, onProgress })
    .catch((error: unknown) => error);
  await begun.promise;
  return { document, window, controller, answer, pid: pid! };
}

test.skipIf(process.platform === 'win32')(
  'a small file does not wait behind a large one; an aborted request of a process that does not answer ends it',
  async () => {
    const { window, controller, answer, pid } = await readingLarge();
    process.kill(pid, 'SIGSTOP');
    const { columns } = await window.request('dataset.detect', { path: 'small.csv' });
    expect(columns.map(({ name }) => name)).toEqual(['a', 'b']);
    controller.abort();
    expect(await answer).toMatchObject({ code: 'request/cancelled' });
    await expect.poll(dataProcesses).not.toContain(pid);
  },
);

test('a data process that is killed fails its request and nothing else', async () => {
  const { document, window, answer, pid } = await readingLarge();
  process.kill(pid, 'SIGKILL');
  expect(await answer).toMatchObject({ code: 'dataset/reader-ended' });
  expect((await window.request('dataset.profile', { document })).rows).toBe(400_000);
});

test('data that takes more memory than allowed is refused with dataset/too-large; other requests are answered', async () => {
  const projectFolder = writeFiles(450_000);
  const limits = { limitBytes: 130 * 1024 * 1024 };
  const data = new DataProcesses({ memoryLimit: limits.limitBytes });
  onTestFinished(() => data.close());
  const document = await data.call('detect', { path: 'small.csv', projectFolder });
  const large = {
    ...document,
    source: { kind: 'csv', path: 'large.csv' } as const,
    columns: ['row', 'text', 'class'].map((name) => ({ ...document.columns[0]!, name, type: 'categorical' as const })),
  };
  const [refused, small] = await Promise.allSettled([
    data.call('profile', { document: large, projectFolder }),
    data.call('profile', { document, projectFolder }),
  ]);
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'dataset/too-large', details: limits } });
  expect(small).toMatchObject({ status: 'fulfilled', value: { rows: 3 } });
});

test('a full JavaScript heap fails the request with dataset/too-large', async () => {
  const projectFolder = writeFiles(500_000);
  const data = new DataProcesses();
  onTestFinished(() => data.close());
  const document = await detectDataset(join(projectFolder, 'small.csv'));
  const options = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = `${options ?? ''} --max-old-space-size=24`;
  onTestFinished(() => {
    if (options === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = options;
  });
  const columns = [{ ...document.columns[0]!, name: 'text', type: 'categorical' as const }];
  const large = { ...document, source: { kind: 'csv', path: 'large.csv' } as const, columns };
  await expect(data.call('profile', { document: large, projectFolder })).rejects.toMatchObject({
    code: 'dataset/too-large',
  });
});

test.skipIf(process.platform !== 'linux')('pipes, devices and files of /proc block nothing', async () => {
  const folder = temporaryFolder();
  const pipe = join(folder, 'pipe.csv');
  execFileSync('mkfifo', [pipe]);
  const { window } = openCore(folder, { create: true });
  const codeOf = (path: string): Promise<string> =>
    window.request('dataset.detect', { path }).then(
      () => 'none',
      ({ code }: { code: string }) => code,
    );
  expect(await Promise.all([pipe, '/dev/zero', '/dev/tty', '/proc/self/mem', '/proc/kmsg'].map(codeOf))).toEqual([
    'dataset/unreadable-file',
    'dataset/unreadable-file',
    'dataset/unreadable-file',
    expect.stringMatching(/^dataset\//),
    expect.stringMatching(/^dataset\//),
  ]);
  const { entries } = await window.request('files.list', { folder });
  expect(entries.map(({ name }) => name)).not.toContain('pipe.csv');
  await window.request('files.list', { folder: '/proc/self' });
});
