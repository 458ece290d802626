import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { fingerprintOf } from '../../src-main/data/prepared/fingerprint.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { parseDatasetDocument } from '../../src-shared/data/parse.ts';
import { NEWER_VERSION } from '../../src-shared/text/document-version.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { dataProfileSchema } from '../../src-shared/contract/data-results.ts';
import { column, dataset, errorOf, idxBytes, watched, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const people = ['id,name,age,city,member'];
for (let i = 0; i < 60; i++) people.push(`${i + 1},Person ${i},${i % 9 === 0 ? '' : 20 + i},${'AB'[i % 2]},${i % 2}`);

function idxFolder(): string {
  const folder = temporaryFolder();
  writeText(folder, 'train-images-idx3-ubyte', idxBytes([2, 1, 2], [1, 2, 3, 4]));
  writeText(folder, 'train-labels-idx1-ubyte', idxBytes([2], [0, 1]));
  return folder;
}

describe('detectDataset', () => {
  test('detects roles and types; the profile reports why columns are ignored', async () => {
    const folder = temporaryFolder();
    const path = writeText(folder, 'people.csv', people.join('\n'));
    const document = await detectDataset(path);
    expect(document).toMatchObject({ name: 'people', source: { kind: 'csv', path } });
    expect(document.columns.map(({ name, role, type, missing }) => [name, role, type, missing])).toEqual([
      ['id', 'ignored', 'numeric', 'median'],
      ['name', 'ignored', 'categorical', 'category'],
      ['age', 'feature', 'numeric', 'median'],
      ['city', 'feature', 'categorical', 'category'],
      ['member', 'target', 'categorical', 'drop-row'],
    ]);
    const profile = dataProfileSchema.parse(await profileDataset(document, folder));
    expect(profile.warnings).toMatchInlineSnapshot(`
      [
        "id is ignored: it has consecutive numbers, like an identifier.",
        "name is ignored: 60 different texts in 60 rows look like identifiers or free text.",
      ]
    `);
    expect(profile.columns[2]).toMatchObject({ rows: 60, missing: 7, distinct: 53, min: 21, max: 79 });
    expect(profile.columns[3]).toMatchObject({ distinct: 2, categories: ['A', 'B'], histogram: [30, 30] });
    expect(profile.preview[0]).toEqual([1, 'Person 0', null, 'A', '0']);
  });

  test('does not take steps of 1 between fractions for row numbers', async () => {
    const folder = temporaryFolder();
    const lines = Array.from({ length: 60 }, (_, row) => `${row + 0.5},${row % 3}`);
    writeText(folder, 'steps.csv', ['time,y', ...lines].join('\n'));
    const source = { kind: 'csv', path: 'steps.csv' } as const;
    const document = dataset(source, [column('time', 'ignored'), column('y', 'target')]);
    expect((await profileDataset(document, folder)).warnings).toEqual([]);
  });

  test('omits statistics that overflow', async () => {
    const folder = temporaryFolder();
    writeText(folder, 'far.csv', 'a,y\n-1.7e308,1\n1.7e308,2\n1.7e308,3\n');
    const document = dataset({ kind: 'csv', path: 'far.csv' }, [column('a', 'feature'), column('y', 'target')]);
    const [far] = dataProfileSchema.parse(await profileDataset(document, folder)).columns;
    expect(far).toMatchObject({ min: -1.7e308, max: 1.7e308, standardDeviation: null });
    expect(far!.histogram.filter((count) => count > 0)).toEqual([1, 2]);
  });

  test('chooses a target column by its name', async () => {
    const folder = temporaryFolder();
    const path = writeText(folder, 'data.csv', 'label,a\nx,1\ny,2\n');
    expect((await detectDataset(path)).columns[0]).toMatchObject({ name: 'label', role: 'target' });
  });

  test.each([
    ['x,y\n1,2\n3,4\n', 'y'],
    ['x,y,species,left\n1,2,ant,7\n3,4,bee,8\n', 'species'],
  ])('takes y for the target only where no other name is one: %j', async (text, target) => {
    const { columns } = await detectDataset(writeText(temporaryFolder(), 'data.csv', text));
    expect(columns.filter(({ role }) => role === 'target').map(({ name }) => name)).toEqual([target]);
  });

  test('finds the only CSV file of a folder, and IDX files by folder or file', async () => {
    const folder = temporaryFolder();
    writeText(folder, 'only.csv', people.join('\n'));
    expect((await detectDataset(folder)).source).toEqual({ kind: 'csv', path: `${folder}/only.csv` });
    const images = idxFolder();
    for (const path of [images, `${images}/train-images-idx3-ubyte`]) {
      expect((await detectDataset(path)).source).toEqual({ kind: 'idx', path: images });
    }
    writeText(folder, 'second.csv', people.join('\n'));
    expect((await errorOf(detectDataset(folder))).code).toBe('dataset/several-csv-files');
    mkdirSync(`${folder}/empty`);
    expect((await errorOf(detectDataset(`${folder}/empty`))).code).toBe('dataset/unknown-kind');
    expect((await errorOf(detectDataset(`${folder}/none`))).code).toBe('dataset/missing-file');
  });

  test('reports the fraction of what it reads, and ends when it is aborted', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => `${i},${i % 7}`);
    for (const path of [writeText(temporaryFolder(), 'a.csv', `a,y\n${rows.join('\n')}\n`), idxFolder()]) {
      const { reports, options } = watched();
      await detectDataset(path, undefined, options);
      const fractions = reports.flatMap(([fraction]) => fraction ?? []);
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
      expect(fractions.at(-1)).toBe(1);
      for (const activity of new Set(reports.map((report) => report[1]))) {
        const error = await detectDataset(path, undefined, watched(activity).options).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ name: 'AbortError' });
      }
    }
  });

  test('profiles text in a numeric column without failing', async () => {
    const folder = temporaryFolder();
    writeText(folder, 'slip.csv', 'a,y\n1,2\noops,3\n');
    const document = dataset({ kind: 'csv', path: 'slip.csv' }, [column('a', 'feature'), column('y', 'target')]);
    const profile = await profileDataset(document, folder);
    expect(profile.columns[0]).toMatchObject({ missing: 1 });
    expect(profile.warnings[0]).toMatch(/'oops'.*\b3\b/);
  });
});

test('fingerprints depend on contents and settings, not on paths', async () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  writeText(first, 'a.csv', 'a,b\n1,2\n');
  writeText(second, 'a.csv', 'a,b\n1,2\n');
  writeText(second, 'b.csv', 'a,b\n1,3\n');
  const document = dataset({ kind: 'csv', path: 'a.csv' }, [column('a', 'feature')]);
  const { fingerprint: print } = await fingerprintOf(document, first);
  expect(print).toMatch(/^[0-9a-f]{64}$/);
  expect((await fingerprintOf(document, second)).fingerprint).toBe(print);
  const named = await fingerprintOf({ ...document, source: { kind: 'csv', path: 'b.csv' } }, second);
  expect(named.fingerprint).not.toBe(print);
  const split = { ...document.split, seed: 9 };
  expect((await fingerprintOf({ ...document, split }, first)).fingerprint).not.toBe(print);
});

test('the progress of a fingerprint rises over all files', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('LAMINA_DATA_CACHE', join(folder, 'cache'));
  writeText(folder, 'train-images-idx3-ubyte', idxBytes([2, 1, 1], [1, 2]));
  writeText(folder, 'train-labels-idx1-ubyte', idxBytes([2], [0, 1]));
  const fractions: number[] = [];
  const document = dataset({ kind: 'idx', path: '.' }, [column('image', 'feature', { type: 'image' })]);
  await fingerprintOf(document, folder, { onProgress: (fraction) => void fractions.push(fraction) });
  vi.unstubAllEnvs();
  expect(fractions).toEqual([0.5, 1]);
});

describe('parseDatasetDocument', () => {
  const document = dataset({ kind: 'csv', path: 'a.csv' }, [column('a', 'feature')]);
  const codeOf = (value: unknown) => {
    try {
      parseDatasetDocument(value, 'x.dataset.json');
    } catch (error) {
      return AppError.from(error);
    }
    throw new Error('Expected an AppError.');
  };

  test('round trips', () => {
    expect(parseDatasetDocument(JSON.parse(JSON.stringify(document)))).toEqual({ document, warnings: [] });
  });

  test('reads the known parts of a newer version, with a warning', () => {
    const { document: understood, warnings } = parseDatasetDocument({ ...document, version: 99, joins: [] });
    expect(understood).toEqual(document);
    expect(warnings.map(({ code }) => code)).toEqual([NEWER_VERSION]);
    expect(codeOf({ ...document, version: 99, source: 'elsewhere' }).code).toBe(NEWER_VERSION);
  });

  test('reports damaged and foreign files', () => {
    expect(codeOf({ ...document, split: { ...document.split, train: 'most' } }).message).toContain('split.train');
    expect(codeOf({ format: 'lamina.model', version: 1 }).code).toBe('dataset/not-a-dataset');
    expect(codeOf([1]).code).toBe('dataset/not-a-dataset');
    expect(codeOf(null).code).toBe('dataset/not-a-dataset');
  });
});
