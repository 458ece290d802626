import { describe, expect, test } from 'vitest';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { splitSource } from '../../src-main/data/rows/split-source.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import { column, dataset, errorOf, idxBytes, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { splitArrays } from '../support/session-data.ts';

const folder = temporaryFolder();

/** Rows "size, colour, price" with a class 'kind'; `change` edits single rows. */
function writeRows(change: Readonly<Record<number, string>> = {}, count = 50): string {
  const lines = Array.from({ length: count }, (_, i) => {
    return change[i] ?? `${i},${i % 2 === 0 ? 'red' : 'blue'},${100 + i * i},${i % 3}`;
  });
  return writeText(folder, 'rows.csv', `size,colour,price,kind\n${lines.join('\n')}\n`);
}

const columns: Column[] = [
  column('size', 'feature', { scaling: 'standard', missing: 'median' }),
  column('colour', 'feature', { type: 'categorical', missing: 'category' }),
  column('price', 'target', { scaling: 'standard', unit: 'USD' }),
  column('kind', 'ignored', { type: 'categorical' }),
];
const classColumns = columns.map((each): Column => {
  if (each.name === 'price') return { ...each, role: 'feature' };
  return each.name === 'kind' ? { ...each, role: 'target' } : each;
});
const source = { kind: 'csv', path: 'rows.csv' } as const;
const prepare = (own: Column[] = columns, split = {}) => prepareDataset(dataset(source, own, split), folder);

describe('prepareDataset on a CSV file', () => {
  test('encodes scaled numbers, one-hot categories and a scaled target', async () => {
    writeRows();
    const { spec, rows, examples, warnings } = await prepare();
    const splits = splitArrays(examples);
    expect(rows).toEqual({ train: 30, validation: 10, test: 10, dropped: 0 });
    expect(spec.inputShape).toEqual([3]);
    expect(spec.columns[1]).toEqual({ type: 'categorical', name: 'colour', categories: ['blue', 'red'], fill: null });
    expect(splits.train.x.shape).toEqual([30, 3]);
    expect(splits.train.y).toMatchObject({ dtype: 'float32', shape: [30, 1] });
    expect(warnings).toEqual([]);
    const sizes = Array.from(splits.train.x.data).filter((_, i) => i % 3 === 0);
    const mean = sizes.reduce((sum, value) => sum + value, 0) / 30;
    const variance = sizes.reduce((sum, value) => sum + value * value, 0) / 30;
    expect(mean).toBeCloseTo(0, 5);
    expect(variance).toBeCloseTo(1, 5);
  });

  test.each([
    ['a feature', 'size', { 3: '1e300,red,100,1' }],
    ['a target', 'price', { 3: '3,red,-1e308,1' }],
  ])('rejects %s too large for 32-bit floats, with line and column', async (_, name, change) => {
    writeRows(change);
    const unscaled = columns.map((each) => ({ ...each, scaling: 'none' as const }));
    for (const own of [columns, unscaled]) {
      const error = await errorOf(prepare(own));
      expect(error).toMatchObject({
        code: 'dataset/extreme-value',
        details: { column: name, place: 'line 5 of rows.csv' },
      });
    }
  });

  test('stored * scale + offset restores a target in its unit', async () => {
    writeRows();
    const document = dataset(source, columns);
    const { spec, examples } = await prepareDataset(document, folder);
    const splits = splitArrays(examples);
    const { splits: raw } = await splitSource(document, folder, {});
    const [target] = spec.targets;
    if (target?.kind !== 'numeric') throw new Error('Expected a numeric target.');
    const { offset, scale } = target;
    const prices = Array.from(splits.test.y.data, (value) => Math.round(value * scale + offset));
    expect(prices).toEqual(Array.from(raw.test.rows, (row) => 100 + row * row));
  });

  test('a changed test row changes neither the fitted spec nor the training rows', async () => {
    writeRows();
    const before = await prepare();
    const { splits } = await splitSource(dataset(source, columns), folder, {});
    writeRows({ [splits.test.rows[3]!]: '1000000,green,99999999,7' });
    const after = await prepare();
    expect(after.spec).toEqual(before.spec);
    const [encodedBefore, encodedAfter] = [splitArrays(before.examples), splitArrays(after.examples)];
    expect(encodedAfter.train).toEqual(encodedBefore.train);
    expect(encodedAfter.validation).toEqual(encodedBefore.validation);
    expect(encodedAfter.test).not.toEqual(encodedBefore.test);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    writeRows({ [splits.train.rows[3]!]: '1000000,green,99999999,7' });
    expect((await prepare()).spec).not.toEqual(before.spec);
  });

  test('encodes a category absent from training as zeros, with a warning', async () => {
    writeRows();
    const { splits } = await splitSource(dataset(source, columns), folder, {});
    writeRows({ [splits.test.rows[0]!]: '1,green,100,1' });
    const { examples, warnings } = await prepare();
    expect(Array.from(splitArrays(examples).test.x.data.slice(1, 3))).toEqual([0, 0]);
    expect(warnings).toMatchInlineSnapshot(`
      [
        "colour: 1 test row has a value that no training row has; encoded as zeros.",
      ]
    `);
  });

  test('fills missing values from training rows, or drops their rows', async () => {
    writeRows();
    const [a, b, c] = (await splitSource(dataset(source, columns), folder, {})).splits.train.rows;
    writeRows({ [a!]: ',red,5,1', [b!]: '4,,5,1', [c!]: '5,red,,1' });
    const filled = await prepare();
    expect(filled.rows.dropped).toBe(1);
    expect(filled.spec.columns[1]).toMatchObject({ categories: ['blue', 'red', '(missing)'], fill: '(missing)' });
    expect(splitArrays(filled.examples).train.x.data.every(Number.isFinite)).toBe(true);
    const dropped = await prepare(columns.map((each) => ({ ...each, missing: 'drop-row' })));
    expect(dropped.rows).toEqual({ train: 28, validation: 10, test: 9, dropped: 3 });
    expect(dropped.spec.columns[0]).toMatchObject({ fill: null });
  });

  test.each([
    ['mean', 20],
    ['median', 10],
    ['most-frequent', 0],
    ['zero', 0],
  ] as const)('fills with the %s', async (missing, fill) => {
    const lines = [0, 0, 10, 20, 70].map((value) => `${value},1`);
    writeText(folder, 'fill.csv', `a,y\n${lines.join('\n')}\n,2\n`);
    const own = [column('a', 'feature', { missing }), column('y', 'target')];
    const split = { train: 1, validation: 0, test: 0 };
    const { spec } = await prepareDataset(dataset({ kind: 'csv', path: 'fill.csv' }, own, split), folder);
    expect(spec.columns[0]).toMatchObject({ fill, min: 0, max: 70 });
  });

  test.each([
    ['none', 0, 1],
    ['unit', 0, 255],
    ['min-max', 10, 40],
    ['standard', 30, Math.sqrt(200)],
  ] as const)('scales by %s', async (scaling, offset, scale) => {
    writeText(folder, 'scale.csv', 'a,y\n10,1\n20,1\n30,1\n40,1\n50,2\n');
    const own = [column('a', 'feature', { scaling }), column('y', 'target')];
    const split = { train: 1, validation: 0, test: 0 };
    const { spec } = await prepareDataset(dataset({ kind: 'csv', path: 'scale.csv' }, own, split), folder);
    expect(spec.columns[0]).toMatchObject({ offset, scale: expect.closeTo(scale, 9) });
  });

  test('a constant column is not divided by zero', async () => {
    writeText(folder, 'constant.csv', 'a,y\n5,1\n5,2\n5,3\n');
    const own = [column('a', 'feature', { scaling: 'standard' }), column('y', 'target')];
    const split = { train: 1, validation: 0, test: 0 };
    const { examples } = await prepareDataset(dataset({ kind: 'csv', path: 'constant.csv' }, own, split), folder);
    const splits = splitArrays(examples);
    expect(Array.from(splits.train.x.data)).toEqual([0, 0, 0]);
    expect(splits.test.x.shape).toEqual([0, 1]);
  });

  test('sorts numeric classes by value', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => `${i},${[10, 9, 2, -1][i % 4]}`);
    writeText(folder, 'classes.csv', `a,y\n${lines.join('\n')}\n`);
    const own = [column('a', 'feature'), column('y', 'target', { type: 'categorical' })];
    const { spec, examples } = await prepareDataset(dataset({ kind: 'csv', path: 'classes.csv' }, own), folder);
    const splits = splitArrays(examples);
    expect(spec.targets).toMatchObject([{ kind: 'classes', name: 'y', classes: ['-1', '2', '9', '10'] }]);
    expect(splits.train.y).toMatchObject({ dtype: 'int32', shape: [36, 1] });
  });

  test('rejects a class absent from training, with its line', async () => {
    writeRows();
    const { splits } = await splitSource(dataset(source, classColumns), folder, {});
    const row = splits.test.rows[0]!;
    writeRows({ [row]: '1,red,5,9' });
    const error = await errorOf(prepare(classColumns));
    expect(error).toMatchObject({
      code: 'dataset/label-out-of-range',
      details: { received: '9', place: `line ${row + 2} of rows.csv` },
    });
    const stratified = await prepare(classColumns, { stratify: true });
    expect(stratified.spec.targets[0]).toMatchObject({ classes: ['0', '1', '2', '9'] });
  });

  test.each<[string, Column[]]>([
    ['dataset/no-target', columns.map((each) => ({ ...each, role: 'feature' }))],
    ['dataset/no-feature', columns.map((each) => ({ ...each, role: 'target' }))],
    ['dataset/several-weights', [...columns, column('height', 'weight'), column('width', 'weight')]],
    ['dataset/bad-column-type', [...columns, column('height', 'weight', { type: 'categorical' })]],
    ['dataset/no-feature', columns.map((each) => (each.role === 'feature' ? { ...each, role: 'ignored' } : each))],
    ['dataset/bad-missing-policy', columns.map((each) => ({ ...each, missing: 'mean' }))],
    ['dataset/bad-missing-policy', columns.map((each) => ({ ...each, missing: 'category' }))],
    ['dataset/no-pictures', columns.map((each) => (each.name === 'size' ? { ...each, type: 'image' } : each))],
    ['dataset/not-a-number', columns.map((each) => (each.name === 'colour' ? column('colour', 'feature') : each))],
    ['dataset/missing-column', [...columns, column('height', 'feature')]],
    ['dataset/duplicate-column', [...columns, columns[0]!]],
  ])('rejects a document with %s', async (code, own) => {
    writeRows();
    expect((await errorOf(prepare(own))).code).toBe(code);
  });

  test('fails without a chosen source', async () => {
    const error = await errorOf(prepareDataset(dataset({ kind: 'csv', path: '' }, []), folder));
    expect(error.code).toBe('dataset/not-chosen');
  });

  test('reports progress and stops when aborted', async () => {
    writeRows();
    const seen: number[] = [];
    await prepareDataset(dataset(source, columns), folder, { onProgress: (fraction) => seen.push(fraction) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    const reason = new Error('stopped by a person');
    const signal = AbortSignal.abort(reason);
    await expect(prepareDataset(dataset(source, columns), folder, { signal })).rejects.toBe(reason);
  });
});

describe('prepareDataset on IDX files', () => {
  const pixels = Array.from({ length: 40 }, (_, i) => i * 6);
  const imageColumns = (scaling: Column['scaling']) => [
    column('image', 'feature', { type: 'image', scaling }),
    column('label', 'target', { type: 'categorical' }),
  ];
  const write = (testLabel = 1) => {
    const own = temporaryFolder();
    writeText(own, 'train-images-idx3-ubyte', idxBytes([10, 2, 2], pixels));
    writeText(own, 'train-labels-idx1-ubyte', idxBytes([10], [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]));
    writeText(own, 't3k-images-idx3-ubyte', idxBytes([2, 2, 2], [255, 0, 0, 0, 0, 0, 0, 255]));
    writeText(own, 't3k-labels-idx1-ubyte', idxBytes([2], [testLabel, 0]));
    return own;
  };
  const prepareImages = (own: string, scaling: Column['scaling'] = 'unit') =>
    prepareDataset(
      dataset({ kind: 'idx', path: own }, imageColumns(scaling), { train: 0.8, validation: 0.2, test: 0 }),
      folder,
    );

  test('keeps bytes and uses the test files as test split', async () => {
    const { spec, rows, examples } = await prepareImages(write());
    const splits = splitArrays(examples);
    expect(rows).toEqual({ train: 8, validation: 2, test: 2, dropped: 0 });
    expect(spec.inputShape).toEqual([2, 2, 1]);
    expect(splits.train.x).toMatchObject({ dtype: 'uint8', shape: [8, 2, 2, 1], offset: 0, scale: 255 });
    expect(splits.test.x.data).toEqual(Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 255));
    expect(splits.test.y).toMatchObject({ dtype: 'int32', shape: [2, 1], data: Int32Array.of(1, 0) });
  });

  test('fits standard scaling on training images', async () => {
    const { examples } = await prepareImages(write(), 'standard');
    const splits = splitArrays(examples);
    const { x } = splits.train;
    if (x.dtype !== 'uint8') throw new Error('Expected bytes.');
    const mean = x.data.reduce((sum, value) => sum + value, 0) / x.data.length;
    expect(x.offset).toBeCloseTo(mean, 9);
  });

  test('rejects a test label absent from training', async () => {
    const error = await errorOf(prepareImages(write(9)));
    expect(error).toMatchObject({
      code: 'dataset/label-out-of-range',
      details: { place: 'image 0 of t3k-images-idx3-ubyte' },
    });
  });
});
