/** Moments and range of values; `standardDeviation` is the population's (divided by n). */
export interface Summary {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly standardDeviation: number;
}

/**
 * Whether values are equal up to rounding of doubles: min equals max, or the deviation is at most the
 * spacing of doubles of this size, 2^-52 · max |x|. The mean of n values is rounded, so n times 0.1 has
 * a computed deviation of 4e-17; used as scale, it would turn a difference of 0.01 into 2e14. Source:
 * Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, sections 1.9 and 4.2.
 */
export function isConstant(min: number, max: number, deviation: number): boolean {
  return min === max || deviation <= Number.EPSILON * Math.max(Math.abs(min), Math.abs(max));
}

/**
 * Computes moments in two passes, which keeps precision for large offsets.
 *
 * @param values At least one, none NaN.
 * @returns Deviation 0 if the values are constant; see `isConstant`.
 */
export function summarize(values: Float64Array): Summary {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / values.length;
  let [shift, squares] = [0, 0];
  for (const value of values) {
    shift += value - mean;
    squares += (value - mean) ** 2;
  }
  // Corrected for the rounding of the mean.
  const corrected = Math.sqrt(Math.max(0, squares / values.length - (shift / values.length) ** 2));
  if (isConstant(min, max, corrected)) return { min, max, mean: min === max ? min : mean, standardDeviation: 0 };
  return { min, max, mean, standardDeviation: Math.sqrt(squares / values.length) };
}

/** Number of occurrences of each byte value in the rows. @param size Bytes per row. */
export function countBytes(bytes: Uint8Array, rows: Int32Array, size: number): Float64Array {
  const counts = new Float64Array(256);
  for (const row of rows) {
    const end = (row + 1) * size;
    for (let i = row * size; i < end; i++) counts[bytes[i]!]!++;
  }
  return counts;
}

/** Summary of the bytes of rows, from their counts. */
export function summarizeBytes(counts: Float64Array): Summary {
  let [min, max, total, sum] = [255, 0, 0, 0];
  counts.forEach((count, value) => {
    if (count === 0) return;
    min = Math.min(min, value);
    max = Math.max(max, value);
    total += count;
    sum += count * value;
  });
  const mean = sum / total;
  const squares = counts.reduce((all, count, value) => all + count * (value - mean) ** 2, 0);
  return { min, max, mean, standardDeviation: Math.sqrt(squares / total) };
}
