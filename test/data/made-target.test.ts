import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { sampleRows } from '../../src-main/data/prepared/samples.ts';
import { makeExamples } from '../../src-main/data/rows/made-target.ts';
import type { CategoricalColumn, ImageColumn, NumericColumn, Table } from '../../src-main/data/tables/table.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { madeColumn, madeTargetRefusal, withMadeTarget, withoutMadeTarget } from '../../src-shared/data/made-target.ts';
import { splitArrays } from '../support/session-data.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { column, dataset, errorOf, idxBytes, writeText } from './support.ts';

const none = new Int32Array(0);
const all = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);
const trainOnly = (count: number) => ({ train: all(count), validation: none, test: none });
const noise = { kind: 'noise', column: 'noise', seed: 3 } as const;
const rotation = { kind: 'rotation', column: 'rotation' } as const;

function pictures(shape: [number, number, number], pixels: readonly number[]): Table {
  const rows = pixels.length / (shape[0] * shape[1] * shape[2]);
  return {
    rows,
    columns: [{ kind: 'image', name: 'picture', shape, pixels: Uint8Array.from(pixels), pictures: null }],
    locate: (row) => `picture ${row}`,
  };
}

describe('rotation', () => {
  test('each picture is turned counter-clockwise by 0, 90, 180 and 270 degrees, as by numpy.rot90', () => {
    const { table } = makeExamples(pictures([2, 2, 1], [1, 2, 3, 4]), trainOnly(1), ['picture'], rotation);
    const [image, target] = table.columns as [ImageColumn, CategoricalColumn];
    const shown = [...image.pictures!].map((item) => [...image.pixels.subarray(item * 4, item * 4 + 4)]);
    expect(shown).toEqual([
      [1, 2, 3, 4],
      [2, 4, 1, 3],
      [4, 3, 2, 1],
      [3, 1, 4, 2],
    ]);
    expect([...target.codes].map((code) => target.categories[code])).toEqual(['0°', '90°', '180°', '270°']);
  });

  test('channels stay together', () => {
    const pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const { table } = makeExamples(pictures([2, 2, 3], pixels), trainOnly(1), ['picture'], rotation);
    const [image] = table.columns as [ImageColumn];
    expect([...image.pixels.subarray(12, 24)]).toEqual([4, 5, 6, 10, 11, 12, 1, 2, 3, 7, 8, 9]);
  });

  test('pictures that are not square, and rows without pictures, are refused', () => {
    expect(() => makeExamples(pictures([1, 2, 1], [1, 2]), trainOnly(1), ['picture'], rotation)).toThrow('1 × 2');
    const numbers = { kind: 'numeric', name: 'a', values: Float64Array.of(1, 2) } as const;
    const table = { rows: 2, columns: [numbers], locate: String };
    expect(() => makeExamples(table, trainOnly(2), ['a'], rotation)).toThrow("received 'a'");
  });
});

describe('noise', () => {
  const count = 2000;
  const table: Table = {
    rows: count,
    columns: [
      { kind: 'numeric', name: 'a', values: Float64Array.from({ length: count }, (_, row) => row) },
      {
        kind: 'categorical',
        name: 'b',
        codes: all(count),
        categories: Array.from({ length: count }, (_, row) => `${row}`),
      },
      { kind: 'numeric', name: 'weight', values: Float64Array.from({ length: count }, (_, row) => row) },
    ],
    locate: (row) => `row ${row}`,
  };
  const splits = { train: all(1000), validation: all(count).subarray(1000), test: none };
  const made = makeExamples(table, splits, ['a', 'b'], noise);
  const [a, b, weight, target] = made.table.columns as [
    NumericColumn,
    CategoricalColumn,
    NumericColumn,
    CategoricalColumn,
  ];

  test('each row is once as it was and once with values of other rows of its split', () => {
    const isData = (row: number): boolean => target.categories[target.codes[row]!] === 'data';
    expect([made.splits.train.length, made.splits.validation.length]).toEqual([2000, 2000]);
    const data = [...made.splits.train].filter(isData);
    expect(data.map((row) => a.values[row])).toEqual([...all(1000)]);
    expect(data.every((row) => b.codes[row] === a.values[row])).toBe(true);
    for (const row of made.splits.train) expect(a.values[row]).toBeLessThan(1000);
    for (const row of made.splits.validation) expect(b.codes[row]).toBeGreaterThanOrEqual(1000);
    expect(weight.values[made.splits.train[2]!]).toBe(1);
  });

  test('values of a row of noise are independent and distributed as in the data', () => {
    const rows = [...made.splits.train].filter((row) => target.codes[row] === 0);
    const mean = rows.reduce((sum, row) => sum + a.values[row]!, 0) / rows.length;
    // Standard error of the mean: 1000 / sqrt(12 · 1000) = 9.
    expect(Math.abs(mean - 499.5)).toBeLessThan(40);
    const product = rows.reduce((sum, row) => sum + (a.values[row]! - 499.5) * (b.codes[row]! - 499.5), 0);
    expect(Math.abs(product / rows.length / (1000 ** 2 / 12))).toBeLessThan(0.15);
  });

  test('the same seed gives the same rows, another seed others', () => {
    const values = (seed: number) => [
      ...(makeExamples(table, splits, ['a', 'b'], { ...noise, seed }).table.columns[0] as NumericColumn).values,
    ];
    expect(values(3)).toEqual([...a.values]);
    expect(values(4)).not.toEqual([...a.values]);
  });

  test('in a noise picture, each pixel is taken from a picture that is drawn for this pixel', () => {
    const pixels = Array.from({ length: 50 }, (_, picture) => new Array<number>(16).fill(picture)).flat();
    const examples = makeExamples(pictures([4, 4, 1], pixels), trainOnly(50), ['picture'], noise);
    const [image] = examples.table.columns as [ImageColumn];
    expect(new Set(image.pixels.subarray(0, 16)).size).toBeGreaterThan(4);
    expect(new Set(image.pixels.subarray(16, 32)).size).toBe(1);
  });

  test('a split with one row is refused', () => {
    expect(() => makeExamples(table, { ...splits, test: all(1) }, ['a'], noise)).toThrow('one');
  });
});

describe('tokens', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const of = (...rows: number[][]): Table => ({
    rows: rows.length,
    columns: names.map((name, place) => ({
      kind: 'numeric',
      name,
      values: Float64Array.from(rows, (row) => row[place]!),
    })),
    locate: (row) => `line ${row}`,
  });
  const made = { kind: 'masked-token', column: 'token', seed: 1, tokens: names, vocabulary: 9 } as const;
  const rowsOf = ({ table }: ReturnType<typeof makeExamples>): number[][] =>
    Array.from({ length: table.rows }, (_, row) =>
      names.map((name) => (table.columns.find((each) => each.name === name) as NumericColumn).values[row]!),
    );
  const labelsOf = ({ table }: ReturnType<typeof makeExamples>): number[] => {
    const { codes, categories } = table.columns.at(-1) as CategoricalColumn;
    return [...codes].map((code) => Number(categories[code]));
  };

  test('a masked token becomes 0; padding is never predicted; no place is drawn twice', () => {
    const source = [
      [0, 0, 3, 4, 5, 6],
      [0, 0, 0, 0, 0, 7],
      [0, 0, 0, 0, 0, 0],
    ];
    const examples = makeExamples(of(...source), trainOnly(3), names, made);
    const labels = labelsOf(examples);
    const restored = rowsOf(examples).map((row, example) => {
      const label = labels[example]!;
      return row.with(source[example < 4 ? 0 : 1]!.indexOf(label), label);
    });
    expect(restored).toEqual([...new Array<number[]>(4).fill(source[0]!), source[1]]);
    expect(labels.slice(0, 4).toSorted()).toEqual([3, 4, 5, 6]);
    expect(labels).not.toContain(0);
  });

  test('of a long row four are drawn, by the seed', () => {
    const row = of([1, 2, 3, 4, 5, 6]);
    const draw = (seed: number) => labelsOf(makeExamples(row, trainOnly(1), names, { ...made, seed }));
    expect(new Set(draw(1)).size).toBe(4);
    expect(draw(1)).toEqual(draw(1));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => draw(seed).join())).size).toBeGreaterThan(1);
  });

  test('the next token is predicted from those before it, after zeros; the first is not predicted', () => {
    const examples = makeExamples(of([0, 8, 2, 3, 4, 0]), trainOnly(1), names, { ...made, kind: 'next-token' });
    const labels = labelsOf(examples);
    expect(Object.fromEntries(rowsOf(examples).map((row, example) => [labels[example], row]))).toEqual({
      2: [0, 0, 0, 0, 0, 8],
      3: [0, 0, 0, 0, 8, 2],
      4: [0, 0, 0, 8, 2, 3],
    });
  });

  test.each([
    ['a number outside the vocabulary', [1, 2, 9, 0, 0, 0], "Column 'c', line 0: expected a token"],
    ['a fraction', [1, 2.5, 3, 0, 0, 0], 'received 2.5'],
    ['a missing value', [1, Number.NaN, 3, 0, 0, 0], 'received nothing'],
    ['only padding', [0, 0, 0, 0, 0, 0], 'padding'],
  ])('%s is refused', (_, row, words) => {
    expect(() => makeExamples(of(row), trainOnly(1), names, made)).toThrow(words);
  });
});

describe('a document with a made target', () => {
  const folder = temporaryFolder();
  const lines = Array.from({ length: 40 }, (_, row) => `${row},${row * 3},${row % 3 === 0 ? '' : row % 2}`);
  const path = writeText(folder, 'table.csv', ['a,b,label', ...lines].join('\n'));
  const labelled = dataset({ kind: 'csv', path }, [
    column('a', 'feature', { scaling: 'standard' }),
    column('b', 'feature'),
    column('label', 'target', { type: 'categorical' }),
  ]);
  const document = withMadeTarget(labelled, noise);

  test('prepares rows without labels, scaled as the data; applying its spec gives the same bits', async () => {
    const { spec, rows, examples, fingerprint } = await prepareDataset(document, folder);
    expect(rows).toMatchObject({ train: 48, validation: 16, test: 16, dropped: 0 });
    expect(spec.targets).toEqual([{ kind: 'classes', name: 'noise', classes: ['noise', 'data'], counts: [24, 24] }]);
    const unread = await prepareDataset({ ...labelled, targets: 'unread' }, folder);
    expect(spec.columns).toEqual(unread.spec.columns);
    const again = await prepareDataset(document, folder, { apply: spec });
    expect(splitArrays(again.examples)).toEqual(splitArrays(examples));
    const other = await prepareDataset(withMadeTarget(labelled, { ...noise, seed: 4 }), folder);
    expect(other.fingerprint).not.toBe(fingerprint);
  });

  test('samples have the made target, and the profile the columns of the source', async () => {
    const [sample] = await sampleRows(document, folder, 'train', 1, 1);
    expect(sample!.targets).toEqual({ noise: 'data' });
    const profile = await profileDataset(document, folder);
    expect(profile.columns.map((each) => each.column.name)).toEqual(['a', 'b', 'label']);
  });

  test('the target gets a name that no column has, and can be removed', () => {
    expect([madeColumn(document, 'noise'), madeColumn(document, 'next-token')]).toEqual(['noise_1', 'next_token']);
    expect(withoutMadeTarget(document).columns.map(({ name }) => name)).toEqual(['a', 'b', 'label']);
    expect(withMadeTarget(document, rotation).columns.map(({ name }) => name)).toEqual(['a', 'b', 'label', 'rotation']);
  });

  test('another target besides the made one is refused', async () => {
    const columns = document.columns.map((each) =>
      each.name === 'label' ? { ...each, role: 'target' as const } : each,
    );
    const error = await errorOf(prepareDataset({ ...document, columns }, folder));
    expect([error.code, error.message.includes("'label'")]).toEqual(['dataset/made-target', true]);
  });

  test('pairs have no made target', () => {
    const pairs: DatasetDocument = dataset({ kind: 'idx', path: '', pairs: { perPicture: 1, seed: 0 } }, []);
    expect(madeTargetRefusal(pairs)).toContain('pairs');
    expect(madeTargetRefusal(labelled)).toBeNull();
  });

  test('IDX pictures keep one byte per pixel, and those that are not square are refused', async () => {
    const write = (name: string, shape: number[], values: number[]) => {
      writeText(folder, name, idxBytes(shape, values));
    };
    write(
      'train-images-idx3-ubyte',
      [4, 2, 2],
      Array.from({ length: 16 }, (_, i) => i),
    );
    write('train-labels-idx1-ubyte', [4], [0, 1, 0, 1]);
    const idx = dataset(
      { kind: 'idx', path: folder },
      [
        column('image', 'feature', { type: 'image', scaling: 'unit' }),
        column('label', 'target', { type: 'categorical' }),
      ],
      { train: 1, validation: 0, test: 0 },
    );
    const { examples } = await prepareDataset(withMadeTarget(idx, rotation), folder);
    const { x, y } = splitArrays(examples).train;
    expect([x.dtype, x.shape]).toEqual(['uint8', [16, 2, 2, 1]]);
    expect([...y.data].slice(0, 5)).toEqual([0, 1, 2, 3, 0]);
    write(
      join('train-images-idx3-ubyte'),
      [4, 4, 1],
      Array.from({ length: 16 }, (_, i) => i),
    );
    expect((await errorOf(prepareDataset(withMadeTarget(idx, rotation), folder))).code).toBe('dataset/not-square');
  });
});
