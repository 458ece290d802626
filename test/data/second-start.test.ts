import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { withPairs } from '../../src-shared/data/pairs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { idxBytes, writeText } from './support.ts';

/** A module whose functions, classes excepted, record their calls. */
const { spied } = vi.hoisted(() => ({
  spied: (module: object) =>
    Object.fromEntries(
      Object.entries(module).map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'function' && /^[a-z]/.test(name) ? vi.fn(value as () => unknown) : value,
      ]),
    ),
}));
vi.mock('node:fs', async (original) => spied(await original<object>()));
vi.mock('node:fs/promises', async (original) => spied(await original<object>()));

let folder: string;
let workers = 0;
const countWorker = () => void workers++;

beforeEach(() => {
  folder = temporaryFolder();
  process.on('worker', countWorker);
  vi.stubEnv('LAMINA_DATA_CACHE', join(folder, 'cache'));
  // The files are older than what a file system may give the same time to.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
});
afterEach(() => {
  process.off('worker', countWorker);
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** What a start of training on a chosen path asks for, in a program that has nothing in memory. */
async function start(path: string, chosen: (document: DatasetDocument) => DatasetDocument): Promise<unknown> {
  vi.resetModules();
  const { detectKnown } = await import('../../src-main/data/cache/detect-known.ts');
  const document = chosen(await detectKnown(path));
  const { prepareDataset } = await import('../../src-main/data/prepared/prepare.ts');
  const { profileDataset } = await import('../../src-main/data/prepared/profile.ts');
  const { spec, rows, fingerprint } = await prepareDataset(document, folder);
  return { document, spec, rows, fingerprint, profile: await profileDataset(document, folder) };
}

/** Names of the file functions that were called with a path of the data. */
function used(data: string): Set<string> {
  const isCalled = (called: unknown): boolean =>
    vi.isMockFunction(called) && called.mock.calls.some(([path]) => String(path).startsWith(data));
  return new Set(Object.entries({ ...fs, ...promises }).flatMap(([name, called]) => (isCalled(called) ? [name] : [])));
}

const rows = Array.from({ length: 30 }, (_, i) => i);

async function writePictures(data: string): Promise<string> {
  for (const name of ['a', 'b']) fs.mkdirSync(join(data, name));
  for (const i of rows) {
    const create = { width: 2, height: 2, channels: 3 as const, background: { r: i, g: 1, b: 2 } };
    writeText(data, `${i % 2 === 0 ? 'a' : 'b'}/${i}.png`, await sharp({ create }).png().toBuffer());
  }
  return data;
}

test.each<[string, write: (data: string) => Promise<string>, chosen?: (document: DatasetDocument) => DatasetDocument]>([
  ['a table', async (data) => writeText(data, 'a', `a,y\n${rows.map((i) => `${i * i},${i % 3}`).join('\n')}\n`)],
  [
    'IDX files',
    async (data) => {
      const pixels = rows.flatMap((i) => [i, 1, 2, i % 2]);
      writeText(data, 'train-images-idx3-ubyte', idxBytes([30, 2, 2], pixels));
      const labels = rows.map((i) => i % 3);
      return join(writeText(data, 'train-labels-idx1-ubyte', idxBytes([30], labels)), '..');
    },
  ],
  ['pictures', writePictures],
  ['pairs of pictures', writePictures, (document) => withPairs(document, { perPicture: 2, seed: 1 })],
])('the second start on %s opens no file of it', async (_, write, chosen = (document) => document) => {
  const data = join(folder, 'data');
  fs.mkdirSync(data);
  const path = await write(data);
  const first = await start(path, chosen);
  expect(used(data)).toSatisfy((names: Set<string>) => names.has('createReadStream') || names.has('open'));
  vi.clearAllMocks();
  workers = 0;
  expect(await start(path, chosen)).toEqual(first);
  // Pictures are decoded in threads.
  expect(workers).toBe(0);
  expect([...used(data)].filter((name) => !['stat', 'lstat', 'readdir'].includes(name))).toEqual([]);
});

test('a table, a picture or a folder that has changed is detected again', async () => {
  const data = join(folder, 'data');
  fs.mkdirSync(data);
  const { detectKnown } = await import('../../src-main/data/cache/detect-known.ts');
  const table = writeText(data, 'table.csv', 'a,y\n1,x\n2,z\n');
  const namesOf = async (path: string) => (await detectKnown(path)).columns.map(({ name }) => name);
  expect(await namesOf(table)).toEqual(['a', 'y']);
  writeText(data, 'table.csv', 'b,y\n1,x\n2,z\n');
  expect(await namesOf(table)).toEqual(['b', 'y']);
  const pictures = join(data, 'pictures');
  fs.mkdirSync(pictures);
  await writePictures(pictures);
  const sizeOf = async () => (await detectKnown(pictures)).columns[0]!.picture;
  expect(await sizeOf()).toMatchObject({ width: 2, height: 2 });
  expect(await sizeOf()).toMatchObject({ width: 2, height: 2 });
  const large = { width: 4, height: 4, channels: 3 as const, background: 'red' };
  for (const i of rows) {
    writeText(pictures, `${i % 2 === 0 ? 'a' : 'b'}/${i}.png`, await sharp({ create: large }).png().toBuffer());
  }
  expect(await sizeOf()).toMatchObject({ width: 4, height: 4 });
});
