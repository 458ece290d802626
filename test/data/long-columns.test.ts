import { expect, test } from 'vitest';
import { categorical } from '../../src-main/data/columns/categorical.ts';
import { describeNumbers } from '../../src-main/data/columns/describe-numbers.ts';
import { image } from '../../src-main/data/columns/image.ts';
import { summarize, summarizeInParts } from '../../src-main/data/tables/statistics.ts';

const LENGTH = 3_000_000;
const values = Float64Array.from({ length: LENGTH }, (_, i) => (i % 10 === 0 ? Number.NaN : Math.sin(i) * 1e6 + 1e9));

test('numbers are described in parts of at most 2^20 values', async () => {
  let pauses = 0;
  const described = await describeNumbers(values, async () => void pauses++);
  // Four passes besides sorting: those present, their range, their deviation, the histogram.
  expect(pauses).toBeGreaterThan(4 * Math.floor(LENGTH / 2 ** 20) + LENGTH / 2 ** 17);
  expect(described).toMatchObject({ missing: LENGTH / 10 });
  expect(described.histogram.reduce((sum, count) => sum + count, 0)).toBe(LENGTH * 0.9);
});

test('a summary in parts has the bits of one in a single pass', async () => {
  const present = values.filter((value) => !Number.isNaN(value));
  expect(await summarizeInParts(present, async () => {})).toEqual(summarize(present));
});

test('pixels are counted in parts', async () => {
  let pauses = 0;
  const pixels = Uint8Array.from({ length: 3 * 2 ** 23 }, (_, i) => i % 251);
  const data = { kind: 'image', name: 'a', shape: [64, 64, 1], pixels, pictures: null } as const;
  const described = await image.describe(data, async () => void pauses++);
  expect(pauses).toBe(3);
  expect(described).toMatchObject({ min: 0, max: 250, distinct: 251 });
});

test('of many categories the most frequent are described, the first of equal ones first', async () => {
  const categories = Array.from({ length: 500 }, (_, i) => `c${i}`);
  const codes = Int32Array.from({ length: 5_000 }, (_, i) => (i % 7 === 0 ? 499 : i % 5 === 0 ? 250 : i % 500));
  const { categories: shown, histogram } = await categorical.describe(
    { kind: 'categorical', name: 'a', codes, categories },
    async () => {},
  );
  const counts = categories.map((_, code) => codes.filter((each) => each === code).length);
  const order = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, 50);
  expect(shown).toEqual(order.map((code) => `c${code}`));
  expect(histogram).toEqual(order.map((code) => counts[code]));
});
