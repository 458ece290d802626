import { describe, expect, test } from 'vitest';
import { splitRows } from '../../src-main/data/rows/split-rows.ts';
import type { TableColumn } from '../../src-main/data/tables/table.ts';
import type { Split } from '../../src-shared/data/dataset-document.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';

const fractions: Split = { train: 0.7, validation: 0.2, test: 0.1, seed: 1, stratify: false };
const firstRows = (count: number) => Int32Array.from({ length: count }, (_, row) => row);
const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return AppError.from(error).code;
  }
  return null;
};

describe('splitRows', () => {
  test.each([10, 99, 1000, 12_345])('splits %i rows exactly, each row once', (count) => {
    const { train, validation, test } = splitRows(firstRows(count), fractions, null);
    expect(train.length).toBe(Math.round(count * 0.7));
    expect(train.length + validation.length).toBe(Math.round(count * 0.9));
    expect(Int32Array.from([...train, ...validation, ...test]).sort()).toEqual(firstRows(count));
  });

  test('is deterministic by seed', () => {
    const rows = firstRows(1000);
    expect(splitRows(rows, fractions, null)).toEqual(splitRows(rows, fractions, null));
    expect(splitRows(rows, { ...fractions, seed: 2 }, null).test).not.toEqual(splitRows(rows, fractions, null).test);
  });

  test('equals the recorded split of earlier versions', () => {
    const { train, validation, test } = splitRows(
      firstRows(12),
      { ...fractions, train: 0.5, validation: 0.25, test: 0.25 },
      null,
    );
    expect([[...train], [...validation], [...test]]).toEqual([
      [0, 2, 6, 7, 9, 11],
      [1, 3, 10],
      [4, 5, 8],
    ]);
  });

  test('keeps most rows in their split when one row is removed', () => {
    const whole = new Set(splitRows(firstRows(1000), fractions, null).train);
    const without = splitRows(
      firstRows(1000).filter((row) => row !== 500),
      fractions,
      null,
    ).train;
    expect(without.filter((row) => !whole.has(row)).length).toBeLessThanOrEqual(1);
  });

  test('leaves rows out when fractions add up to less than 1', () => {
    const { train, validation, test } = splitRows(firstRows(100), { ...fractions, train: 0.3 }, null);
    expect([train.length, validation.length, test.length]).toEqual([30, 20, 10]);
  });

  test('splits every class in proportion when stratified', () => {
    const codes = Int32Array.from({ length: 1000 }, (_, row) => (row % 10 === 0 ? 1 : 0));
    const target: TableColumn = { kind: 'categorical', name: 'y', codes, categories: ['common', 'rare'] };
    const { train, validation, test } = splitRows(firstRows(1000), fractions, target);
    const rare = (rows: Int32Array) => rows.filter((row) => codes[row] === 1).length;
    expect([rare(train), rare(validation), rare(test)]).toEqual([70, 20, 10]);
  });

  test('puts a class of one row into the training split when stratified', () => {
    const codes = Int32Array.from({ length: 100 }, (_, row) => (row === 42 ? 1 : 0));
    const target: TableColumn = { kind: 'categorical', name: 'y', codes, categories: ['common', 'single'] };
    for (let seed = 0; seed < 20; seed++) {
      expect(splitRows(firstRows(100), { ...fractions, seed }, target).train).toContain(42);
    }
  });

  test('splits tenths of a numeric target in proportion when stratified', () => {
    const values = Float64Array.from({ length: 1000 }, (_, row) => (row * 37) % 1000);
    const target: TableColumn = { kind: 'numeric', name: 'y', values };
    const { train } = splitRows(firstRows(1000), fractions, target);
    const tenths = new Array<number>(10).fill(0);
    for (const row of train) tenths[Math.floor(values[row]! / 100)]!++;
    expect(tenths).toEqual(new Array(10).fill(70));
  });

  test('rejects fractions above 1 and empty splits', () => {
    expect(codeOf(() => splitRows(firstRows(10), { ...fractions, test: 0.2 }, null))).toBe('dataset/bad-split');
    expect(
      codeOf(() => splitRows(firstRows(2), { ...fractions, train: 0.98, validation: 0.01, test: 0.01 }, null)),
    ).toBe('dataset/empty-split');
    expect(codeOf(() => splitRows(firstRows(10), { ...fractions, train: 0 }, null))).toBe('dataset/empty-split');
    expect(codeOf(() => splitRows(firstRows(10), { ...fractions, train: 0.8, test: 0 }, null))).toBeNull();
  });
});
