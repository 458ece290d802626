import { countDistinct, partsOf, summarizeInParts } from '../tables/statistics.ts';
import type { Described, Pause } from './column-codec.ts';

/** Bins of a histogram. */
export const BINS = 30;

/** Statistics of a column without values. */
export const nothing: Described = {
  missing: 0,
  distinct: 0,
  min: null,
  max: null,
  mean: null,
  standardDeviation: null,
  histogram: [],
  categories: [],
};

/** @param values NaN: missing. */
export async function describeNumbers(values: Float64Array, pause: Pause): Promise<Described> {
  const numbers = new Float64Array(values.length);
  let count = 0;
  for (const part of partsOf(values)) {
    for (const value of part) if (value === value) numbers[count++] = value;
    await pause();
  }
  const present = numbers.subarray(0, count);
  const missing = values.length - present.length;
  if (present.length === 0) return { ...nothing, missing };
  const distinct = await countDistinct(present, pause);
  const summary = await summarizeInParts(present, pause);
  // Halve the numbers, because the range of the largest ones overflows.
  const range = summary.max / 2 - summary.min / 2;
  const histogram = new Array<number>(BINS).fill(0);
  for (const part of partsOf(present)) {
    await pause();
    for (const value of part) {
      const bin = range === 0 ? 0 : Math.floor(((value / 2 - summary.min / 2) / range) * BINS);
      histogram[Math.min(BINS - 1, bin)]!++;
    }
  }
  const mean = finiteOrNull(summary.mean);
  const standardDeviation = finiteOrNull(summary.standardDeviation);
  return { ...summary, mean, standardDeviation, missing, distinct, histogram, categories: [] };
}

/** The values that are not NaN. */
export function presentNumbers(values: Float64Array): Float64Array {
  const present = new Float64Array(values.length);
  let count = 0;
  for (const value of values) if (!Number.isNaN(value)) present[count++] = value;
  return present.subarray(0, count);
}

/** Null for sums and squares that overflow. */
const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
