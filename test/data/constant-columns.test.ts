import { describe, expect, test } from 'vitest';
import { encodeRows } from '../../src-main/data/features/encode-rows.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { summarize } from '../../src-main/data/tables/statistics.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import { column, dataset, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { splitArrays } from '../support/session-data.ts';

const folder = temporaryFolder();
const split = { train: 1, validation: 0, test: 0 };

/** Spec and training rows for the given values of column `a`. */
async function prepare(lines: readonly string[], a: Partial<Column> = {}, y: Partial<Column> = {}) {
  writeText(folder, 'rows.csv', `a,y\n${lines.join('\n')}\n`);
  const columns = [column('a', 'feature', a), column('y', 'target', y)];
  return prepareDataset(dataset({ kind: 'csv', path: 'rows.csv' }, columns, split), folder);
}

describe('constant column', () => {
  // In float64 the mean of repeated 0.1 is not 0.1, so the deviation is not 0.
  const values = [0.1, 1.1, -0.7, 1e10 + 0.1];
  const tooCloseToTell = (value: number): number[] => [value, value * (1 + Number.EPSILON)];

  test.each(values)('of %d has deviation 0', (value) => {
    for (const count of [3, 10, 1000, 99_999]) {
      expect(summarize(new Float64Array(count).fill(value))).toMatchObject({ mean: value, standardDeviation: 0 });
    }
    const almost = Float64Array.from({ length: 1000 }, (_, i) => tooCloseToTell(value)[i === 500 ? 1 : 0]!);
    expect(summarize(almost).standardDeviation).toBe(0);
  });

  test.each<[string, number[]]>([
    ['1e-9 around 1', [1 - 1e-9, 1 + 1e-9]],
    ['0.1 seconds around a moment', [1.6e9, 1.6e9 + 0.1]],
    ['1e-100 around 0', [-1e-100, 1e-100]],
  ])('is not detected in a column that varies by %s', (_, pair) => {
    const { standardDeviation } = summarize(Float64Array.from({ length: 1000 }, (_row, i) => pair[i % 2]!));
    expect(standardDeviation / ((pair[1]! - pair[0]!) / 2)).toBeCloseTo(1, 6);
    expect(standardDeviation).toBeGreaterThan(0);
  });

  test.each(['standard', 'min-max'] as const)('scaled by %s keeps the distance of other values', async (scaling) => {
    const { spec } = await prepare(
      Array.from({ length: 10 }, (_, i) => `0.1,${i}`),
      { scaling },
    );
    const {
      examples: { x },
    } = encodeRows(spec, [{ a: 0.11 }]);
    expect(x.data[0]).toBeCloseTo(0.01, 6);
    expect(spec.statistics).toEqual({ mean: [0], variance: [0] });
  });

  test.each(['standard', 'min-max', 'none'] as const)('as a target scaled by %s has scale 1', async (scaling) => {
    const { spec, examples } = await prepare(
      Array.from({ length: 10 }, (_, i) => `${i},0.1`),
      {},
      { scaling },
    );
    expect(spec.targets[0]).toMatchObject({ scale: 1, mean: 0.1, standardDeviation: 0 });
    expect(splitArrays(examples).train.y.data[0]).toBeCloseTo(scaling === 'none' ? 0.1 : 0, 7);
  });

  test('filled with its mean stays constant', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i % 3 === 0 ? '' : 0.1},${i}`);
    const { spec } = await prepare(lines, { scaling: 'standard', missing: 'mean' });
    expect(spec.columns[0]).toMatchObject({ offset: 0.1, scale: 1, fill: 0.1 });
  });

  test('that varies only by rounding has variance 0 in the statistics', async () => {
    const lines = Array.from({ length: 10 }, (_, i) => `${i === 4 ? '0.10000000000000002' : '0.1'},${i}`);
    for (const scaling of ['standard', 'min-max', 'none'] as const) {
      expect((await prepare(lines, { scaling })).spec.statistics!.variance).toEqual([0]);
    }
  });
});
