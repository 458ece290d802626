import { describe, expect, test } from 'vitest';
import { decodeTarget } from '../../src-main/data/features/decode-target.ts';
import { encodeRows } from '../../src-main/data/features/encode-rows.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { readRowsFile } from '../../src-main/data/prepared/rows-file.ts';
import { sampleRows } from '../../src-main/data/prepared/samples.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { column, dataset, errorOf, idxBytes, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { splitArrays } from '../support/session-data.ts';

const spec: FeatureSpec = {
  columns: [
    { type: 'numeric', name: 'size', offset: 10, scale: 2, fill: null, min: 1, max: 20 },
    { type: 'numeric', name: 'age', offset: 0, scale: 1, fill: 7, min: 1, max: 20 },
    { type: 'categorical', name: 'colour', categories: ['blue', 'red'], fill: null },
  ],
  inputShape: [4],
  targets: [{ kind: 'classes', name: 'kind', classes: ['a', 'b'] }],
  weight: null,
};
const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return AppError.from(error);
  }
  throw new Error('Expected an AppError.');
};

describe('encodeRows', () => {
  test('encodes rows as preparation does', () => {
    const {
      examples: { x },
      warnings,
    } = encodeRows(spec, [
      { size: 12, age: 3, colour: 'red' },
      { size: ' 8 ', age: null, colour: 'blue', other: 'x' },
    ]);
    expect(x.shape).toEqual([2, 4]);
    expect(Array.from(x.data)).toEqual([1, 3, 0, 1, -1, 7, 1, 0]);
    expect(warnings.flat()).toEqual([]);
  });

  test('encodes an unknown category as zeros, with a warning', () => {
    const {
      examples: { x },
      warnings,
    } = encodeRows(spec, [{ size: 10, colour: 'green' }]);
    expect(Array.from(x.data)).toEqual([0, 7, 0, 0]);
    expect(warnings[0]![0]).toContain("'green'");
    expect(warnings[0]![0]).toContain('blue, red');
  });

  test('matches a numeric category by value', () => {
    const numbers: FeatureSpec = {
      ...spec,
      columns: [{ type: 'categorical', name: 'n', categories: ['1.0', '2.0'], fill: null }],
      inputShape: [2],
    };
    expect(Array.from(encodeRows(numbers, [{ n: 2 }]).examples.x.data)).toEqual([0, 1]);
  });

  test.each([
    [{ size: 'tall' }, 'dataset/bad-value', { place: "'size'", received: "'tall'" }],
    [{ size: [1, 2] }, 'dataset/bad-value', { place: "'size'", received: 'a list' }],
    [{ size: '1e300' }, 'dataset/bad-value', { place: "'size'", received: "'1e300'" }],
    [{}, 'dataset/missing-value', { column: 'size' }],
    [{ size: '?' }, 'dataset/missing-value', { column: 'size' }],
    [{ size: 1, colour: [1] }, 'dataset/bad-value', { place: "'colour'" }],
  ])('rejects %j', (row, code, details) => {
    expect(codeOf(() => encodeRows(spec, [row]))).toMatchObject({ code, details });
  });

  test('rejects an image of another size', () => {
    const images: FeatureSpec = {
      ...spec,
      columns: [{ type: 'image', name: 'image', shape: [2, 2, 1], offset: 0, scale: 255 }],
      inputShape: [2, 2, 1],
    };
    const {
      examples: { x },
    } = encodeRows(images, [{ image: [0, 255, 51, 0] }]);
    expect(x.shape).toEqual([1, 2, 2, 1]);
    expect(x.data[2]).toBeCloseTo(0.2, 6);
    expect(codeOf(() => encodeRows(images, [{ image: [1] }]))).toMatchObject({
      code: 'dataset/bad-value',
      details: { expected: expect.stringContaining('4') as string, received: expect.stringContaining('1') as string },
    });
  });
});

describe('decodeTarget', () => {
  test('decodes classes, two classes from one value, and numbers', () => {
    const classes = { kind: 'classes', name: 'y', classes: ['a', 'b', 'c'] } as const;
    expect(decodeTarget({ ...classes, classes: [...classes.classes] }, [0.1, 0.7, 0.2])).toMatchObject({ value: 'b' });
    expect(decodeTarget({ kind: 'classes', name: 'y', classes: ['no', 'yes'] }, [0.75])).toEqual({
      probabilities: [0.25, 0.75],
      classes: ['no', 'yes'],
      value: 'yes',
    });
    const price = { kind: 'numeric', name: 'y', offset: 100, scale: 10, standardDeviation: 10, unit: 'USD' } as const;
    expect(decodeTarget(price, [1.5])).toEqual({ value: 115, unit: 'USD' });
  });

  test('rejects an output of another size', () => {
    const target = { kind: 'classes', name: 'y', classes: ['a', 'b', 'c'] } as const;
    expect(codeOf(() => decodeTarget({ ...target, classes: [...target.classes] }, [1])).code).toBe(
      'dataset/output-mismatch',
    );
  });
});

test('sampled rows encode to the prepared rows', async () => {
  const folder = temporaryFolder();
  const lines = Array.from({ length: 40 }, (_, i) => `${i % 7 === 0 ? '' : i},${'rgb'[i % 3]},${i % 2}`);
  const path = writeText(folder, 'rows.csv', `a,b,y\n${lines.join('\n')}\n`);
  const document = dataset({ kind: 'csv', path: 'rows.csv' }, [
    column('a', 'feature', { missing: 'mean', scaling: 'standard' }),
    column('b', 'feature', { type: 'categorical', missing: 'category' }),
    column('y', 'target', { type: 'categorical' }),
  ]);
  const { spec: fitted, examples: encoded } = await prepareDataset(document, folder);
  const splits = splitArrays(encoded);
  const samples = await sampleRows(document, folder, 'test', 5, 2);
  expect(samples).toHaveLength(5);
  const {
    examples: { x },
  } = encodeRows(
    fitted,
    samples.map((sample) => sample.row),
  );
  const width = fitted.inputShape[0]!;
  expect(x.data).toEqual(splits.test.x.data.slice(2 * width, 7 * width));
  const [target] = fitted.targets;
  if (target?.kind !== 'classes') throw new Error('Expected classes.');
  const { classes } = target;
  expect(samples.map((sample) => classes.indexOf(String(sample.targets['y'])))).toEqual(
    Array.from(splits.test.y.data.slice(2, 7)),
  );
  const { rows } = await readRowsFile(path, fitted, new Set(['a', 'b']));
  expect(rows).toHaveLength(40);
  expect(rows[0]).toEqual({ a: null, b: 'r' });
  const bare = writeText(folder, 'bare.csv', 'b\nr\n');
  expect((await readRowsFile(bare, fitted, new Set(['b']))).rows).toEqual([{ b: 'r' }]);
  expect((await errorOf(readRowsFile(bare, fitted, new Set(['a', 'b'])))).code).toBe('dataset/missing-column');
});

test('reads images to predict from a file or a folder', async () => {
  const folder = temporaryFolder();
  const images = writeText(folder, 'train-images-idx3-ubyte', idxBytes([2, 1, 2], [1, 2, 3, 4]));
  writeText(folder, 'train-labels-idx1-ubyte', idxBytes([2], [0, 1]));
  const fitted: FeatureSpec = {
    ...spec,
    columns: [{ type: 'image', name: 'image', shape: [1, 2, 1], offset: 0, scale: 255 }],
    inputShape: [1, 2, 1],
  };
  for (const path of [images, folder]) {
    expect(await readRowsFile(path, fitted, new Set(['image']))).toEqual({
      rows: [{ image: [1, 2] }, { image: [3, 4] }],
      files: null,
    });
  }
  const other = writeText(folder, 'other', idxBytes([1, 2, 2], [1, 2, 3, 4]));
  expect((await errorOf(readRowsFile(other, fitted, new Set(['image'])))).code).toBe('dataset/bad-idx-shape');
});
