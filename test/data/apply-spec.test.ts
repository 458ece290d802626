import { beforeEach, describe, expect, test } from 'vitest';
import { specDifferences } from '../../src-main/data/features/apply-spec.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import { column, dataset, errorOf, idxBytes, writeText } from './support.ts';
import { writePlainPicture } from '../support/pictures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { splitArrays } from '../support/session-data.ts';

const folder = temporaryFolder();
const source = { kind: 'csv', path: 'rows.csv' } as const;
const columns: Column[] = [
  column('size', 'feature', { missing: 'mean', scaling: 'standard' }),
  column('colour', 'feature', { type: 'categorical', missing: 'category' }),
  column('kind', 'target', { type: 'categorical' }),
];
/** A spec that fitting would not produce: another order, scale and fill. */
const recorded: FeatureSpec = {
  columns: [
    { type: 'categorical', name: 'colour', categories: ['red', 'green', 'blue'], fill: null },
    { type: 'numeric', name: 'size', offset: 7, scale: 2, fill: 11, min: 0, max: 40 },
  ],
  inputShape: [4],
  statistics: { mean: [0, 0, 0, 5], variance: [1, 1, 1, 9] },
  targets: [{ kind: 'classes', name: 'kind', classes: ['b', 'a'], counts: [1, 1] }],
  weight: null,
};

function writeRows(
  lines = Array.from({ length: 40 }, (_, i) => `${i},${i % 2 ? 'red' : 'blue'},${i % 4 < 2 ? 'a' : 'b'}`),
) {
  writeText(folder, 'rows.csv', `size,colour,kind\n${lines.join('\n')}\n`);
}
const apply = (own = columns, spec = recorded) => prepareDataset(dataset(source, own), folder, { apply: spec });

describe('applying a recorded spec', () => {
  beforeEach(() => writeRows());

  test('uses its order, scaling, categories, classes and statistics', async () => {
    const fitted = await prepareDataset(dataset(source, columns), folder);
    const { spec, examples, rows } = await apply();
    const splits = splitArrays(examples);
    const before = splitArrays(fitted.examples);
    expect(spec).toEqual(recorded);
    expect(rows).toEqual(fitted.rows);
    expect(splits.train.x.shape).toEqual([24, 4]);
    const [size] = fitted.spec.columns;
    if (size?.type !== 'numeric') throw new Error('Expected a numeric column.');
    for (let row = 0; row < 24; row++) {
      const raw = Math.round(before.train.x.data[row * 3]! * size.scale + size.offset);
      expect(Array.from(splits.train.x.data.slice(row * 4, row * 4 + 4))).toEqual([
        raw % 2 === 1 ? 1 : 0,
        0,
        raw % 2 === 0 ? 1 : 0,
        (raw - 7) / 2,
      ]);
      expect(splits.train.y.data[row]).toBe(1 - before.train.y.data[row]!);
    }
  });

  test('fills missing values with its fill, and drops rows without one', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${i % 4 ? '' : i},red,${i % 2 ? 'a' : 'b'}`);
    writeRows(lines);
    const { examples, rows } = await apply();
    const splits = splitArrays(examples);
    expect(rows.dropped).toBe(0);
    expect(Array.from(splits.train.x.data).filter((value, i) => i % 4 === 3 && value === 2).length).toBeGreaterThan(10);
    const [colour, size] = recorded.columns;
    const without = { ...recorded, columns: [colour!, { ...size!, fill: null }] } as FeatureSpec;
    expect((await apply(columns, without)).rows).toMatchObject({ dropped: 30, train: 6 });
  });

  test('fills also where the document drops rows now', async () => {
    writeRows(Array.from({ length: 40 }, (_, i) => `${i % 4 ? '' : i},${i % 5 ? 'red' : ''},${i % 2 ? 'a' : 'b'}`));
    const [colour, size] = recorded.columns;
    const filling = { ...recorded, columns: [{ ...colour!, fill: 'green' }, size!] } as FeatureSpec;
    const dropping = columns.map((each) => ({ ...each, missing: 'drop-row' as const }));
    const { rows, examples } = await apply(dropping, filling);
    const splits = splitArrays(examples);
    expect(rows.dropped).toBe(0);
    expect(Array.from(splits.train.x.data).filter((value, i) => i % 4 === 1 && value === 1)).not.toEqual([]);
  });

  test.each([undefined, { height: 2, width: 3, fit: 'stretch', colour: 'grey' }] as const)(
    'makes images of picture files as recorded; the document says %o',
    async (settings) => {
      const own = temporaryFolder();
      const write = async (width: number): Promise<void> => {
        for (const [name, background] of Object.entries({ a: 'red', b: 'blue' })) {
          for (let i = 0; i < 6; i++) await writePlainPicture(own, `${name}/${i}.png`, background, width, 3);
        }
      };
      const image = column('picture', 'feature', { type: 'image', scaling: 'unit' });
      const target = column('class', 'target', { type: 'categorical' });
      const document = dataset({ kind: 'pictures', path: own }, [image, target]);
      await write(2);
      const { spec } = await prepareDataset(document, own);
      expect(spec.columns[0]).toMatchObject({ shape: [3, 2, 3] });
      await write(4);
      const now = settings === undefined ? image : { ...image, picture: settings };
      const { examples } = await prepareDataset({ ...document, columns: [now, target] }, own, { apply: spec });
      expect(splitArrays(examples).train.x.shape.slice(1)).toEqual([3, 2, 3]);
    },
  );

  test('encodes only the requested split', async () => {
    const { examples, rows } = await prepareDataset(dataset(source, columns), folder, {
      apply: recorded,
      encode: ['test'],
    });
    const splits = splitArrays(examples);
    expect(rows).toMatchObject({ train: 24, test: 8 });
    expect([splits.train, splits.validation, splits.test].map(({ x, y }) => [x.shape[0], y.shape[0]])).toEqual([
      [0, 0],
      [0, 0],
      [8, 8],
    ]);
  });

  test('rejects an unknown class and lists the known ones', async () => {
    writeRows(Array.from({ length: 40 }, (_, i) => `${i},red,${'aac'[i % 3]}`));
    const error = await errorOf(apply());
    expect(error.code).toBe('dataset/label-out-of-range');
    expect(error.message).toContain('(b, a)');
  });

  test.each<[string, Column[]]>([
    ['a missing feature', columns.map((each) => (each.name === 'size' ? { ...each, role: 'ignored' } : each))],
    [
      'another type',
      columns.map((each) => (each.name === 'size' ? { ...each, type: 'categorical', missing: 'category' } : each)),
    ],
    ['another feature', columns.map((each) => (each.name === 'kind' ? each : each)).concat(column('kind2', 'feature'))],
    ['no such target', [...columns.slice(0, 2).map((each) => each), column('kind', 'target')]],
  ])('rejects a document with %s', async (_, own) => {
    expect((await errorOf(apply(own))).code).toBe('dataset/other-columns');
  });

  test('rejects images of another size', async () => {
    const own = temporaryFolder();
    writeText(
      own,
      'train-images-idx3-ubyte',
      idxBytes(
        [4, 2, 3],
        Array.from({ length: 24 }, (_, i) => i),
      ),
    );
    writeText(own, 'train-labels-idx1-ubyte', idxBytes([4], [0, 1, 0, 1]));
    const document = dataset(
      { kind: 'idx', path: own },
      [
        column('image', 'feature', { type: 'image', scaling: 'unit' }),
        column('label', 'target', { type: 'categorical' }),
      ],
      { train: 1, validation: 0, test: 0 },
    );
    const { spec } = await prepareDataset(document, folder);
    await prepareDataset(document, folder, { apply: spec });
    const [image] = spec.columns;
    const other = { ...spec, columns: [{ ...image!, shape: [3, 2, 1] }] } as FeatureSpec;
    expect((await errorOf(prepareDataset(document, folder, { apply: other }))).code).toBe('dataset/other-images');
  });
});

describe('specDifferences', () => {
  const changed = (change: (spec: FeatureSpec) => void): FeatureSpec => {
    const copy = structuredClone(recorded);
    change(copy);
    return copy;
  };
  test.each<[string, (spec: FeatureSpec) => void, number]>([
    ['nothing', () => {}, 0],
    ['less than float32 keeps', (spec) => Object.assign(spec.columns[1]!, { offset: 7 + 1e-7 }), 0],
    ['a scale', (spec) => Object.assign(spec.columns[1]!, { scale: 2.1 }), 1],
    ['the order of categories', (spec) => Object.assign(spec.columns[0]!, { categories: ['blue', 'green', 'red'] }), 1],
    ['the order of classes', (spec) => Object.assign(spec.targets[0]!, { classes: ['a', 'b'] }), 1],
    ['the order of columns', (spec) => void spec.columns.reverse(), 1],
  ])('finds %s', (_, change, count) => {
    expect(specDifferences(recorded, changed(change))).toHaveLength(count);
  });
});
