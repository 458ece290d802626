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
  const totals = addTotals(noTotals, values);
  return summaryOf(values.length, totals, addSquares(noSquares, values, totals.sum / values.length));
}

/** As `summarize`, with the same result to the bit; pauses between parts of the values. @param pause As in `countDistinct`. */
export async function summarizeInParts(values: Float64Array, pause: () => Promise<void>): Promise<Summary> {
  let totals = noTotals;
  for (const part of partsOf(values)) {
    totals = addTotals(totals, part);
    await pause();
  }
  const mean = totals.sum / values.length;
  let squares = noSquares;
  for (const part of partsOf(values)) {
    squares = addSquares(squares, part, mean);
    await pause();
  }
  return summaryOf(values.length, totals, squares);
}

/** Values that are added up or counted between two pauses: about 10 ms. */
const VALUES_IN_PART = 2 ** 20;

/** The array in parts that are quick to work on. */
export function* partsOf(values: Float64Array): Generator<Float64Array> {
  for (let start = 0; start < values.length; start += VALUES_IN_PART) {
    yield values.subarray(start, start + VALUES_IN_PART);
  }
}

interface Totals {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}
const noTotals: Totals = { min: Infinity, max: -Infinity, sum: 0 };

function addTotals({ min, max, sum }: Totals, values: Float64Array): Totals {
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return { min, max, sum };
}

interface Squares {
  readonly shift: number;
  readonly squares: number;
}
const noSquares: Squares = { shift: 0, squares: 0 };

function addSquares({ shift, squares }: Squares, values: Float64Array, mean: number): Squares {
  for (const value of values) {
    shift += value - mean;
    squares += (value - mean) ** 2;
  }
  return { shift, squares };
}

function summaryOf(count: number, { min, max, sum }: Totals, { shift, squares }: Squares): Summary {
  const mean = sum / count;
  // Corrected for the rounding of the mean.
  const corrected = Math.sqrt(Math.max(0, squares / count - (shift / count) ** 2));
  if (isConstant(min, max, corrected)) return { min, max, mean: min === max ? min : mean, standardDeviation: 0 };
  return { min, max, mean, standardDeviation: Math.sqrt(squares / count) };
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

/** Values that are sorted or merged between two pauses: at most 50 ms. */
const VALUES_AT_ONCE = 2 ** 17;

/**
 * Number of distinct values. Sorts short runs and merges them without repetitions, so that other tasks can run in between.
 *
 * @param values None NaN; -0 equals 0.
 * @param pause Called often; may throw to stop.
 */
export async function countDistinct(values: Float64Array, pause: () => Promise<void>): Promise<number> {
  let from = values.slice();
  let to = new Float64Array(values.length);
  await pause();
  let runs: { start: number; end: number }[] = [];
  for (let start = 0; start < from.length; start += VALUES_AT_ONCE) {
    const run = from.subarray(start, start + VALUES_AT_ONCE).sort();
    let count = 1;
    for (let i = 1; i < run.length; i++) if (run[i] !== run[i - 1]) run[count++] = run[i]!;
    runs.push({ start, end: start + count });
    await pause();
  }
  while (runs.length > 1) {
    const merged: typeof runs = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [left, right] = [runs[i]!, runs[i + 1] ?? { start: 0, end: 0 }];
      const position = { left: left.start, right: right.start, out: left.start };
      while (position.left < left.end || position.right < right.end) {
        mergeSome(from, left.end, right.end, to, position);
        await pause();
      }
      merged.push({ start: left.start, end: position.out });
    }
    runs = merged;
    [from, to] = [to, from];
  }
  return runs[0] === undefined ? 0 : runs[0].end - runs[0].start;
}

/** Merges at most `VALUES_AT_ONCE` values of two runs without repetitions and advances `position`. */
function mergeSome(
  from: Float64Array,
  leftEnd: number,
  rightEnd: number,
  to: Float64Array,
  position: { left: number; right: number; out: number },
): void {
  let { left, right, out } = position;
  for (let n = 0; n < VALUES_AT_ONCE && (left < leftEnd || right < rightEnd); n++) {
    const a = left < leftEnd ? from[left]! : Infinity;
    const b = right < rightEnd ? from[right]! : Infinity;
    if (left < leftEnd && a <= b) left++;
    if (right < rightEnd && b <= a) right++;
    to[out++] = a < b ? a : b;
  }
  Object.assign(position, { left, right, out });
}
