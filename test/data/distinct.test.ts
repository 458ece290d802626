import { expect, test } from 'vitest';
import { countDistinct } from '../../src-main/data/tables/statistics.ts';

const random = (index: number, limit: number): number => Math.imul(index + 1, 0x9e3779b1) % limit;

test.each([
  ['no value', 0, 1],
  ['one value', 1, 1],
  ['one run', 1000, 50],
  ['exactly two runs', 2 ** 18, 1e9],
  ['an odd number of runs with few values', 400_000, 7],
  ['many runs with many values', 1_000_003, 1e6],
])('counts distinct values of %s', async (_, length, limit) => {
  const values = Float64Array.from({ length }, (_each, index) => random(index, limit));
  const before = values.slice();
  expect(await countDistinct(values, async () => {})).toBe(new Set(values).size);
  expect(values).toEqual(before);
});

test('counts 0 and -0 once and infinities as values', async () => {
  expect(await countDistinct(Float64Array.of(0, -0, Infinity, 1, -Infinity, Infinity), async () => {})).toBe(4);
});

test('stops when the pause throws', async () => {
  const values = Float64Array.from({ length: 1_000_000 }, (_, index) => index);
  let pauses = 0;
  const stop = async (): Promise<void> => {
    if (++pauses === 10) throw new Error('stop');
  };
  await expect(countDistinct(values, stop)).rejects.toThrow('stop');
  expect(pauses).toBe(10);
});
