import { describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../src-main/data/prepared/fingerprint.ts';
import { filterRows } from '../../src-main/data/rows/filter-rows.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import type { Table } from '../../src-main/data/tables/table.ts';
import { dataChange, dataChangeWords } from '../../src-shared/data/data-change.ts';
import type { RowFilter } from '../../src-shared/data/dataset-document.ts';
import type { AppError } from '../../src-shared/errors/app-error.ts';
import { column, dataset, errorOf, idxBytes, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const table: Table = {
  rows: 6,
  columns: [
    { kind: 'numeric', name: 'size', values: Float64Array.of(1, 2, NaN, 4, 5, 6) },
    { kind: 'categorical', name: 'kind', categories: ['a', 'b', '10'], codes: Int32Array.of(0, 1, 2, 0, -1, 1) },
  ],
  locate: String,
};
const kept = (...filter: readonly unknown[]) => [...filterRows(table, filter as RowFilter[])];
const condition = (is: Extract<RowFilter, { kind: 'condition' }>['is'], value?: number | string, name = 'size') =>
  ({ kind: 'condition', column: name, is, ...(value === undefined ? {} : { value }) }) as const;

describe('filterRows', () => {
  test('keeps all rows without a step', () => expect(kept()).toEqual([0, 1, 2, 3, 4, 5]));

  test.each([
    [condition('=', 4), [3]],
    [condition('!=', '4'), [0, 1, 4, 5]],
    [condition('<', 4), [0, 1]],
    [condition('>=', 4), [3, 4, 5]],
    [condition('missing'), [2]],
    [condition('present'), [0, 1, 3, 4, 5]],
    [condition('=', 'a', 'kind'), [0, 3]],
    [condition('>', '9', 'kind'), [0, 1, 2, 3, 5]],
    [condition('missing', undefined, 'kind'), [4]],
    [{ kind: 'values', column: 'kind', keep: 'only', values: ['b', '10'] } as const, [1, 2, 5]],
    [{ kind: 'values', column: 'kind', keep: 'except', values: ['a'] } as const, [1, 2, 4, 5]],
    [{ kind: 'first', rows: 2 } as const, [0, 1]],
    [{ kind: 'last', rows: 2 } as const, [4, 5]],
    [{ kind: 'last', rows: 99 } as const, [0, 1, 2, 3, 4, 5]],
  ])('%j', (step, rows) => expect(kept(step)).toEqual(rows));

  test('applies steps in order', () => {
    expect(kept({ kind: 'first', rows: 4 }, condition('>', 1))).toEqual([1, 3]);
    expect(kept(condition('>', 1), { kind: 'first', rows: 4 })).toEqual([1, 3, 4, 5]);
  });

  test('draws a sample by seed; a larger one contains a smaller one', () => {
    const sample = (rows: number, seed: number) => kept({ kind: 'sample', rows, seed });
    expect(sample(3, 1)).toHaveLength(3);
    expect(sample(3, 1)).toEqual(sample(3, 1));
    expect(sample(5, 1)).toEqual(expect.arrayContaining(sample(3, 1)));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => sample(3, seed).join())).size).toBeGreaterThan(5);
  });

  test.each([
    [condition('=', 'four')],
    [condition('=', 1, 'other')],
    [condition('!=', undefined, 'kind')],
    [{ kind: 'values', column: 'size', keep: 'only', values: ['1'] } as const],
  ])('rejects %j, naming the step', (step) => {
    expect(() => kept({ kind: 'first', rows: 5 }, step)).toThrow(
      expect.objectContaining({ code: 'dataset/bad-filter', details: { step: 2 } } satisfies Partial<AppError>),
    );
  });
});

test('a step that keeps no row is refused, with its number', () => {
  expect(() => kept({ kind: 'first', rows: 5 }, condition('<', 1))).toThrow(
    expect.objectContaining({ code: 'dataset/empty-filter', details: { step: 2 } } satisfies Partial<AppError>),
  );
});

describe('a data set with a filter', () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 4},${i % 2 === 0 ? 'a' : 'b'}`).join('\n');

  test('trains on the rows that are left; an ignored column may be named', async () => {
    const folder = temporaryFolder();
    const document = dataset({ kind: 'csv', path: writeText(folder, 'a.csv', `n,part,kind\n${rows}\n`) }, [
      column('n', 'feature'),
      column('part', 'ignored'),
      column('kind', 'target', { type: 'categorical' }),
    ]);
    const whole = await prepareDataset(document, folder);
    const part = await prepareDataset({ ...document, filter: [condition('<', 2, 'part')] }, folder);
    expect(part.rows).toEqual({ train: 12, validation: 4, test: 4, dropped: 0, filtered: 20 });
    expect(part.fingerprint).not.toBe(whole.fingerprint);
    expect(whole.rows).not.toHaveProperty('filtered');
    const error = await errorOf(prepareDataset({ ...document, filter: [condition('<', 2, 'gone')] }, folder));
    expect(error.code).toBe('dataset/bad-filter');
  });

  test('filters splits that the source gives', async () => {
    const folder = temporaryFolder();
    const labels = [0, 1, 2, 0, 1, 2];
    for (const name of ['train', 'test']) {
      writeText(folder, `${name}-images-idx3-ubyte`, idxBytes([6, 1, 1], labels));
      writeText(folder, `${name}-labels-idx1-ubyte`, idxBytes([6], labels));
    }
    const document = {
      ...dataset(
        { kind: 'idx', path: folder },
        [column('image', 'feature', { type: 'image' }), column('label', 'target', { type: 'categorical' })],
        { train: 1, validation: 0, test: 0 },
      ),
      filter: [{ kind: 'values' as const, column: 'label', keep: 'except' as const, values: ['2'] }],
    };
    const { rows: counts, spec } = await prepareDataset(document, folder);
    expect(counts).toEqual({ train: 4, validation: 0, test: 4, dropped: 0, filtered: 4 });
    expect(spec.targets[0]).toMatchObject({ classes: ['0', '1'] });
    const onlyTest = { ...document, filter: [{ kind: 'last' as const, rows: 6 }] };
    const error = await errorOf(prepareDataset(onlyTest, folder));
    expect(error).toMatchObject({ code: 'dataset/empty-split', details: { split: 'train' } });
    const onlyTrain = { ...document, filter: [{ kind: 'first' as const, rows: 6 }] };
    expect((await prepareDataset(onlyTrain, folder)).rows).toMatchObject({ train: 6, test: 0 });
  });

  test('without steps has the fingerprint and counts of a data set without a filter', async () => {
    const folder = temporaryFolder();
    const document = dataset({ kind: 'csv', path: writeText(folder, 'a.csv', `n,part,kind\n${rows}\n`) }, [
      column('n', 'feature'),
      column('kind', 'target', { type: 'categorical' }),
    ]);
    const none = await prepareDataset(document, folder);
    expect(await prepareDataset({ ...document, filter: [] }, folder)).toEqual(none);
    expect((await fingerprintOf({ ...document, filter: [] }, folder)).fingerprint).toBe(none.fingerprint);
  });

  test('a change of the number of filtered rows is reported', () => {
    const counts = { train: 1, validation: 1, test: 1, dropped: 0 };
    const splits = { train: null, validation: null, test: null };
    const change = dataChange(
      { fingerprint: 'a', record: null, rows: counts },
      { fingerprint: 'b', files: [], read: { record: { columns: [], splits }, rows: { ...counts, filtered: 5 } } },
      'test',
    );
    expect(dataChangeWords(change!).filter((sentence) => /\b0\b.*\b5\b/.test(sentence))).toHaveLength(1);
  });
});
