import type { FeatureSpec, FittedColumn } from '../../../src-shared/data/prepared.ts';
import { columnSpans } from '../../../src-shared/data/column-places.ts';
import type { SplitTensor } from '../../engines/interface/engine.ts';

import { codecs } from '../columns/registry.ts';

/**
 * Mean and variance of encoded examples over all axes except the last, computed in float64. Zeros if
 * there are no rows.
 *
 * @param x [N, …, size].
 * @param columns Columns of x: constant ones get variance 0 in spite of rounding.
 */
export function exampleStatistics(
  x: SplitTensor,
  columns: readonly FittedColumn[],
): NonNullable<FeatureSpec['statistics']> {
  const size = x.shape.at(-1) ?? 1;
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  const { data } = x;
  const [offset, scale] = x.dtype === 'uint8' ? [x.offset, x.scale] : [0, 1];
  const count = data.length / size;
  // Summing differences from the first row keeps precision for values far from 0.
  const first = Float64Array.from(data.subarray(0, size));
  for (let start = 0; start < data.length; start += size) {
    for (let index = 0; index < size; index++) {
      const difference = data[start + index]! - (first[index] ?? 0);
      sums[index]! += difference;
      squares[index]! += difference * difference;
    }
  }
  const rows = Math.max(1, count);
  const mean = Array.from(sums, (sum, index) => (sum / rows + (first[index] ?? 0) - offset) / scale);
  const variance = Array.from(squares, (square, index) => {
    const shift = sums[index]! / rows;
    return Math.max(0, square / rows - shift * shift) / (scale * scale);
  });
  for (const [place, column] of columnSpans(columns).map(({ start }, index) => [start, columns[index]!] as const)) {
    if (codecs[column.type].isConstant(column, Math.sqrt(variance[place]!))) variance[place] = 0;
  }
  return { mean, variance };
}
