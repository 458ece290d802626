import {
  closeSync,
  openSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EntryWriter, OpenEntry, readEntry, writeEntry } from '../../src-main/data/cache/entries.ts';
import { cacheSize, clearCache } from '../../src-main/data/cache/folder.ts';
import { csvFormat } from '../../src-main/data/formats/csv/csv.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { column, dataset, errorOf, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const key = 'ab'.repeat(32);
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('LAMINA_DATA_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('entries of the cache', () => {
  test('are read as they were written, accessible only to this user', async () => {
    expect(await readEntry(key)).toBeNull();
    await writeEntry(key, { name: 'a' }, { values: Float64Array.of(1, 2), none: new Uint8Array(0) });
    const entry = await readEntry(key);
    expect(entry?.header).toEqual({ name: 'a' });
    expect([...new Float64Array(entry!.parts['values']!.buffer)]).toEqual([1, 2]);
    expect(entry!.parts['none']).toHaveLength(0);
    expect(statSync(join(folder, 'cache')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'cache', key)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['cut off', (path: string) => truncateSync(path, statSync(path).size - 1)],
    ['with another start', (path: string) => overwrite(path, 0, 'X')],
    ['with a damaged header', (path: string) => overwrite(path, 16, '?')],
    ['with another character in the header', (path: string) => overwrite(path, 28, 'b')],
    ['with a damaged part', (path: string) => overwrite(path, statSync(path).size - 1, 'X')],
    ['empty', (path: string) => truncateSync(path, 0)],
  ])('%s count as missing', async (_, damage) => {
    await writeEntry(key, { name: 'a' }, { values: Float64Array.of(1, 2) });
    damage(join(folder, 'cache', key));
    expect(await readEntry(key)).toBeNull();
  });

  test('are written and read in pieces', async () => {
    const writer = (await EntryWriter.create(key, { rows: 4 }, { a: 8, b: 4 }))!;
    await writer.append('a', Uint8Array.of(1, 2, 3, 4));
    await writer.append('b', Uint8Array.of(9, 8));
    await writer.append('a', Int32Array.of(7));
    expect(await readEntry(key)).toBeNull();
    await writer.append('b', Uint8Array.of(7, 6));
    await writer.finish();
    expect((await readEntry(key))!.parts).toEqual({
      a: Uint8Array.of(1, 2, 3, 4, 7, 0, 0, 0),
      b: Uint8Array.of(9, 8, 7, 6),
    });
    const entry = (await OpenEntry.open(key))!;
    const piece = new Uint8Array(2);
    await entry.read('b', 1, piece);
    expect([entry.header, [...piece], await entry.isIntact()]).toEqual([{ rows: 4 }, [8, 7], true]);
    // The file may be removed meanwhile.
    await clearCache();
    await entry.read('a', 3, piece);
    expect([...piece]).toEqual([4, 7]);
    await entry.close();
  });

  test('that are not finished are missing, and damage is found piece by piece', async () => {
    const writer = (await EntryWriter.create(key, {}, { a: 4 }))!;
    await writer.append('a', Uint8Array.of(1, 2));
    await expect(writer.append('a', new Uint8Array(3))).rejects.toThrow("More bytes than expected of 'a'.");
    await expect(writer.finish()).rejects.toThrow("'a' has 2 of 4 bytes.");
    await writer.discard();
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
    await writeEntry(key, {}, { a: Uint8Array.of(1, 2, 3) });
    overwrite(join(folder, 'cache', key), statSync(join(folder, 'cache', key)).size - 1, 'X');
    const entry = (await OpenEntry.open(key))!;
    expect(await entry.isIntact()).toBe(false);
    await entry.close();
  });

  test('are counted and cleared', async () => {
    await writeEntry(key, {}, { values: new Uint8Array(1000) });
    expect((await cacheSize()).sizeBytes).toBeGreaterThan(1000);
    await clearCache();
    expect((await cacheSize()).sizeBytes).toBe(0);
  });

  test('are not needed: a folder that cannot be written changes no result', async () => {
    writeFileSync(join(folder, 'cache'), 'a file where the folder should be');
    const path = writeText(folder, 'a.csv', table);
    expect((await prepareDataset(documentOf(path), folder)).rows.train).toBe(6);
  });
});

const table = `size,kind\n${Array.from({ length: 10 }, (_, i) => `${i * i},${i % 2 === 0 ? 'a' : 'b'}`).join('\n')}\n`;
const documentOf = (path: string) =>
  dataset({ kind: 'csv', path }, [column('size', 'feature'), column('kind', 'target', { type: 'categorical' })]);

describe('a source that was read before', () => {
  test('is not read again for another role, split or seed', async () => {
    const path = settled(writeText(folder, 'a.csv', table));
    const document = documentOf(path);
    const first = await prepareDataset(document, folder);
    const reading = vi.spyOn(csvFormat, 'read').mockRejectedValue(new Error('read again'));
    expect(await prepareDataset(document, folder)).toEqual(first);
    await prepareDataset({ ...document, split: { ...document.split, seed: 9 } }, folder);
    await profileDataset(document, folder);
    expect(reading).not.toHaveBeenCalled();
    // A type that was not read before needs the file.
    const other = { ...document, columns: document.columns.map((each) => ({ ...each, type: 'categorical' as const })) };
    await expect(profileDataset(other, folder)).rejects.toThrow('read again');
  });

  test('reports hashing its files and reading them, each from 0 to 1', async () => {
    const lines = Array.from({ length: 400_000 }, (_, i) => `${i * i},${i % 2 === 0 ? 'a' : 'b'}`);
    const path = writeText(folder, 'long.csv', `size,kind\n${lines.join('\n')}\n`);
    const reports: [number, string][] = [];
    await profileDataset(documentOf(path), folder, { onProgress: (...report) => reports.push(report) });
    const activities = [...new Set(reports.map(([, activity]) => activity))];
    expect(activities).toHaveLength(2);
    for (const activity of activities) {
      const fractions = reports.flatMap(([fraction, each]) => (each === activity ? [fraction] : []));
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
      expect(fractions.length).toBeGreaterThan(2);
      expect(fractions.at(-1)).toBe(1);
    }
  });

  test('is read again when it has changed, even at the same size and time', async () => {
    const path = settled(writeText(folder, 'a.csv', table));
    const largest = async () => (await profileDataset(documentOf(path), folder)).columns[0]!.max;
    expect(await largest()).toBe(81);
    const { atime, mtime } = statSync(path);
    writeFileSync(path, table.replace('81,b', '99,b'));
    utimesSync(path, atime, mtime);
    expect(await largest()).toBe(99);
  });

  test('says where a value is wrong, as on first reading', async () => {
    const path = writeText(folder, 'a.csv', table.replace('49,', 'many,'));
    await profileDataset(documentOf(path), folder);
    const error = await errorOf(prepareDataset(documentOf(path), folder));
    expect(error).toMatchObject({ code: 'dataset/not-a-number', details: { line: 9, received: 'many' } });
  });

  test('leaves only complete entries', async () => {
    await prepareDataset(documentOf(writeText(folder, 'a.csv', table)), folder);
    expect(readdirSync(join(folder, 'cache')).every((name) => /^[0-9a-f]{64}$/.test(name))).toBe(true);
  });
});

/** Sets the modification time back, as of a file that nobody writes to. */
function settled(path: string): string {
  utimesSync(path, 1, 1);
  return path;
}

function overwrite(path: string, position: number, text: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, text, position);
  closeSync(file);
}
