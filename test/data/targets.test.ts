import { describe, expect, test } from 'vitest';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { sampleRows } from '../../src-main/data/prepared/samples.ts';
import { withoutTargets } from '../../src-shared/data/dataset-document.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import { featureSpecSchema } from '../../src-shared/data/prepared.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { column, dataset, errorOf, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { splitArrays } from '../support/session-data.ts';

const folder = temporaryFolder();
const split = { train: 1, validation: 0, test: 0 };

/** Rows of a, colour, price, trust. */
function write(rows: readonly string[]): void {
  writeText(folder, 'rows.csv', `a,colour,price,trust\n${rows.join('\n')}\n`);
}

function prepare(columns: Column[]) {
  return prepareDataset(dataset({ kind: 'csv', path: 'rows.csv' }, columns, split), folder);
}

const feature = column('a', 'feature');
const colour = column('colour', 'target', { type: 'categorical' });
const price = column('price', 'target', { scaling: 'standard' });
const trust = column('trust', 'weight');

describe('several targets', () => {
  test('of numbers and classes are stored as adjacent float columns', async () => {
    write(['1,red,10,1', '2,blue,30,1', '3,red,20,1']);
    const { spec, examples } = await prepare([feature, colour, price]);
    const splits = splitArrays(examples);
    expect(spec.targets).toMatchObject([
      { kind: 'classes', name: 'colour', classes: ['blue', 'red'], counts: [1, 2] },
      { kind: 'numeric', name: 'price', offset: 20 },
    ]);
    const { scale } = spec.targets[1] as { scale: number };
    expect(splits.train.y).toMatchObject({ dtype: 'float32', shape: [3, 2] });
    expect(Array.from(splits.train.y.data)).toEqual(
      [1, -10, 0, 10, 1, 0].map((v, i) => Math.fround(i % 2 === 1 ? v / scale : v)),
    );
    expect(featureSpecSchema.parse(spec)).toEqual(spec);
  });

  test('of only classes are stored as integers', async () => {
    write(['1,red,10,1', '2,blue,30,1', '3,red,20,1']);
    const { examples } = await prepare([feature, colour, { ...price, type: 'categorical', scaling: 'none' }]);
    const splits = splitArrays(examples);
    expect(splits.train.y).toMatchObject({ dtype: 'int32', shape: [3, 2] });
    expect(Array.from(splits.train.y.data)).toEqual([1, 0, 0, 2, 1, 1]);
  });

  test('are all required in a row, and named in samples', async () => {
    write(['1,red,10,1', '2,,30,1', '3,red,,1', '4,blue,5,1']);
    const columns = [feature, colour, price];
    const { rows } = await prepare(columns);
    expect(rows).toMatchObject({ train: 2, dropped: 2 });
    const document = dataset({ kind: 'csv', path: 'rows.csv' }, columns, split);
    expect(await sampleRows(document, folder, 'train', 5, 0)).toEqual([
      { row: { a: 1 }, targets: { colour: 'red', price: 10 } },
      { row: { a: 4 }, targets: { colour: 'blue', price: 5 } },
    ]);
  });
});

describe('weight column', () => {
  test('is the last column of y, without scaling', async () => {
    write(['1,red,10,0.5', '2,blue,30,0', '3,red,20,2', '4,red,20,']);
    const { spec, examples, rows } = await prepare([feature, colour, trust]);
    const splits = splitArrays(examples);
    expect(spec.weight).toEqual({ name: 'trust' });
    expect(rows).toMatchObject({ train: 3, dropped: 1 });
    expect(splits.train.y).toMatchObject({ dtype: 'float32', shape: [3, 2] });
    expect(Array.from(splits.train.y.data)).toEqual([1, 0.5, 0, 0, 1, 2]);
  });

  test('of 0 in all training rows is rejected', async () => {
    write(['1,red,10,0', '2,blue,30,0']);
    const error = await errorOf(prepare([feature, colour, trust]));
    expect(error).toMatchObject({ code: 'dataset/bad-weight', details: { column: 'trust' } });
    expect(error.message).toMatchInlineSnapshot(
      `"Weight 'trust': expected a weight above 0 in a training row; received 0 in all 2 rows. Correct the values, or give the column another role."`,
    );
  });

  test.each([
    ['-1', 'dataset/bad-weight', { column: 'trust', place: 'line 3 of rows.csv', received: -1 }],
    ['1e300', 'dataset/extreme-value', { column: 'trust', place: 'line 3 of rows.csv' }],
    ['much', 'dataset/not-a-number', { column: 'trust', line: 3, received: 'much' }],
  ])('of %s is rejected', async (value, code, details) => {
    write(['1,red,10,1', `2,blue,30,${value}`]);
    const error = await errorOf(prepare([feature, colour, trust]));
    expect(error).toMatchObject({ code, details });
  });
});

describe('targets that are not read', () => {
  const columns = [feature, colour, price];
  const unread = withoutTargets(dataset({ kind: 'csv', path: 'rows.csv' }, columns, split));

  test.each([
    ['some rows have none', ['1,red,10,1', '2,,30,1', '3,red,,1', '4,,,1']],
    ['no row has one', ['1,,,1', '2,,,1', '3,,,1', '4,,,1']],
    ['all rows have the same', ['1,red,10,1', '2,red,10,1', '3,red,10,1', '4,red,10,1']],
  ])('keep all rows where %s, and y has zeros', async (_, rows) => {
    write(rows);
    const { spec, rows: counts, examples } = await prepareDataset(unread, folder);
    expect(counts).toMatchObject({ train: 4, dropped: 0 });
    expect(spec.targets).toMatchObject([
      { name: 'colour', unread: true },
      { name: 'price', unread: true },
    ]);
    expect(featureSpecSchema.parse(spec)).toEqual(spec);
    const { y } = splitArrays(examples).train;
    expect(y).toMatchObject({ dtype: 'float32', shape: [4, 2] });
    expect([...y.data].every((value) => value === 0)).toBe(true);
    const again = await prepareDataset(unread, folder, { apply: spec });
    expect(again.record.splits).toEqual((await prepareDataset(unread, folder)).record.splits);
    expect(await sampleRows(unread, folder, 'train', 1, 3)).toEqual([{ row: { a: 4 }, targets: {} }]);
  });

  test('are refused by an Output that predicts them', async () => {
    write(['1,red,10,1', '2,,30,1']);
    const { spec } = await prepareDataset(unread, folder);
    const model = sequentialDocument([dense(1, 'linear')]);
    expect(analyze(model, spec).problems.map(({ code }) => code)).toContain('target/unread');
    const [output] = model.nodes.slice(-1);
    const reproducing = { ...output!, params: { reproduces: 'input_0' } };
    const nodes = [...model.nodes.slice(0, -1), reproducing];
    expect(analyze({ ...model, nodes }, spec).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('make another fingerprint, and pairs, which are drawn by class, read them', async () => {
    write(['1,red,10,1', '2,blue,30,1']);
    const read = dataset({ kind: 'csv', path: 'rows.csv' }, columns, split);
    const fingerprints = [await prepareDataset(read, folder), await prepareDataset(unread, folder)];
    expect(fingerprints[0]!.fingerprint).not.toBe(fingerprints[1]!.fingerprint);
    const pairs = dataset({ kind: 'idx', path: '', pairs: { perPicture: 1, seed: 1 } }, columns, split);
    expect(withoutTargets(pairs)).toBe(pairs);
  });
});
