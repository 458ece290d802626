import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';

/** Keras's smallest norm, 1e-12, squared. */
const SMALLEST_SQUARE = 1e-24;

/** x divided by its Euclidean norm over `axes`; zeros stay zeros. */
export function unitLength(b: ProgramBuilder, x: ValueId, axes: readonly number[]): ValueId {
  const squares = b.reduceSum(b.plain('square', x), axes, true);
  return b.divide(x, b.plain('sqrt', b.plain('maximum', squares, b.scalar(SMALLEST_SQUARE))));
}
