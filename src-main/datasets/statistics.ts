/** Moments and range of a sample; `standardDeviation` is that of the whole (divided by n). */
export interface Summary {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly standardDeviation: number;
}

/** @param values At least one, none NaN. Two passes, so that large offsets lose no precision. */
export function summarize(values: Float64Array): Summary {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { min, max, mean, standardDeviation: Math.sqrt(squares / values.length) };
}

/** @returns How often each byte value occurs in the rows, `size` bytes a row. */
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
