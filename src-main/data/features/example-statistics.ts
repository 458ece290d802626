import type { FeatureSpec, FittedColumn } from '../../../src-shared/data/prepared.ts';
import { columnSpans } from '../../../src-shared/data/column-places.ts';
import { rowLength, scalingOf, type ArrayRows } from '../../engines/interface/example-rows.ts';
import { codecs } from '../columns/registry.ts';

/**
 * Mean and variance of encoded examples over all axes except the last, computed in float64. Zeros if
 * there are no rows.
 *
 * @param x Rows of an array [N, …, size].
 * @param columns Columns of x: constant ones get variance 0 in spite of rounding.
 */
export function exampleStatistics(
  { array, rows }: ArrayRows,
  columns: readonly FittedColumn[],
): NonNullable<FeatureSpec['statistics']> {
  const size = array.shape.at(-1) ?? 1;
  const length = rowLength(array);
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  const { data } = array;
  const { offset, scale } = scalingOf(array);
  // Summing differences from the first values keeps precision for values far from 0.
  const start = (rows[0] ?? 0) * length;
  const first = Float64Array.from(rows.length === 0 ? [] : data.subarray(start, start + size));
  for (const row of rows) {
    for (let at = row * length; at < (row + 1) * length; at += size) {
      for (let index = 0; index < size; index++) {
        const difference = data[at + index]! - (first[index] ?? 0);
        sums[index]! += difference;
        squares[index]! += difference * difference;
      }
    }
  }
  const count = Math.max(1, (rows.length * length) / size);
  const mean = Array.from(sums, (sum, index) => (sum / count + (first[index] ?? 0) - offset) / scale);
  const variance = Array.from(squares, (square, index) => {
    const shift = sums[index]! / count;
    return Math.max(0, square / count - shift * shift) / (scale * scale);
  });
  for (const [place, column] of columnSpans(columns).map(({ start }, index) => [start, columns[index]!] as const)) {
    if (codecs[column.type].isConstant(column, Math.sqrt(variance[place]!))) variance[place] = 0;
  }
  return { mean, variance };
}
