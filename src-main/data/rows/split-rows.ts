import { AppError } from '../../../src-shared/errors/app-error.ts';
import { splitNames } from '../../../src-shared/data/dataset-document.ts';
import type { Split, SplitName } from '../../../src-shared/data/dataset-document.ts';
import { rowHash } from '../tables/random.ts';
import { codecOf } from '../columns/registry.ts';
import type { TableColumn } from '../tables/table.ts';

export type SplitRows = Readonly<Record<SplitName, Int32Array>>;

/**
 * Splits rows by a hash of row index and seed, with exact counts. A stratified split divides each
 * class (or each decile of a numeric target) in the same proportions.
 *
 * @param rows Row indices, ascending.
 * @param fractions Fractions of the rows; if their sum is below 1, some rows are in no split.
 * @param target Target for stratification; null: not stratified.
 * @returns Rows of each split, ascending.
 * @throws AppError `dataset/bad-split` if the fractions exceed 1, `dataset/empty-split` if a split
 *   with a fraction above 0 has no rows.
 */
export function splitRows(rows: Int32Array, fractions: Split, target: TableColumn | null): SplitRows {
  const total = fractions.train + fractions.validation + fractions.test;
  if (total > 1 + 1e-9) {
    throw new AppError(
      'dataset/bad-split',
      `Expected split fractions with a sum of at most 1; received ${round(total)} (train ${fractions.train}, validation ${fractions.validation}, test ${fractions.test}). Lower one of them.`,
      { total },
    );
  }
  const count = rows.length;
  const upToTrain = share(count, fractions.train);
  const upToValidation = share(count, fractions.train + fractions.validation);
  const upToTest = share(count, total);
  const order = orderRows(rows, fractions.seed, target);
  const part = (from: number, to: number) => Int32Array.from(order.subarray(from, to), (i) => rows[i]!).sort();
  const splits = {
    train: part(0, upToTrain),
    validation: part(upToTrain, upToValidation),
    test: part(upToValidation, upToTest),
  };
  checkNotEmpty(splits, fractions, count);
  return splits;
}

/** The train split must not be empty; the others only if their fraction is 0. */
function checkNotEmpty(splits: SplitRows, fractions: Split, count: number): void {
  for (const name of splitNames) {
    if (splits[name].length > 0 || (name !== 'train' && fractions[name] === 0)) continue;
    throw new AppError(
      'dataset/empty-split',
      `Expected at least one row in the ${name} split; received none (${fractions[name]} of ${count} rows). Raise its fraction, or use more rows.`,
      { split: name, rows: count, fraction: fractions[name] },
    );
  }
}

/** Indices into `rows`, in the order in which they are assigned to the splits. */
function orderRows(rows: Int32Array, seed: number, target: TableColumn | null): Uint32Array {
  const hashes = Uint32Array.from(rows, (row) => rowHash(row, seed, 'split'));
  const shuffled = orderByKey(hashes);
  if (target === null) return shuffled;
  // In a group of g rows in hash order, row j has rank (j + 0.5) / g. Ordering all rows by this rank
  // takes rows from every group in proportion and keeps the totals exact.
  const groups = codecOf(target).strata(target, rows);
  const sizes = new Uint32Array(groups.reduce((most, group) => Math.max(most, group), 0) + 1);
  for (const group of groups) sizes[group]!++;
  const taken = new Uint32Array(sizes.length);
  const ranks = new Uint32Array(rows.length);
  for (const index of shuffled) {
    const group = groups[index]!;
    ranks[index] = Math.floor(((taken[group]!++ + 0.5) / sizes[group]!) * 0xffffffff);
  }
  return orderByKey(ranks);
}

/** Indices sorted by key, ties by index: sorts (key, index) pairs as 64-bit integers. */
function orderByKey(keys: Uint32Array): Uint32Array {
  const pairs = new BigUint64Array(keys.length);
  const words = new Uint32Array(pairs.buffer);
  for (let i = 0; i < keys.length; i++) {
    words[2 * i] = i;
    words[2 * i + 1] = keys[i]!;
  }
  pairs.sort();
  return Uint32Array.from(keys, (_, i) => words[2 * i]!);
}

/** Number of rows of a fraction, rounded half up; tolerates floating-point error (0.7 + 0.2 < 0.9). */
function share(count: number, fraction: number): number {
  return Math.min(count, Math.round(count * fraction + 1e-6));
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
