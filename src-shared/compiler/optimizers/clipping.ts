import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import type { Clipping } from '../../training/configuration/optimizers.ts';

/** Clips gradients; keeps their order. Source: Keras 3 clipvalue, clipnorm, global_clipnorm. */
export function clipGradients(b: ProgramBuilder, { by, limit }: Clipping, gradients: readonly ValueId[]): ValueId[] {
  switch (by) {
    case 'value': {
      const [low, high] = [b.scalar(-limit), b.scalar(limit)];
      return gradients.map((gradient) => b.plain('maximum', b.plain('minimum', gradient, high), low));
    }
    case 'norm':
      return gradients.map((gradient) => scaled(b, gradient, squareSum(b, gradient), limit));
    case 'globalNorm': {
      const squares = gradients.map((gradient) => squareSum(b, gradient));
      const whole = squares.reduce((sum, square) => b.add(sum, square), b.scalar(0));
      return gradients.map((gradient) => scaled(b, gradient, whole, limit));
    }
  }
}

function squareSum(b: ProgramBuilder, gradient: ValueId): ValueId {
  const axes = b.shapeOf(gradient).map((_, axis) => axis);
  return b.reduceSum(b.plain('square', gradient), axes);
}

/** gradient · limit / max(norm, limit): unchanged if the norm is within the limit. */
function scaled(b: ProgramBuilder, gradient: ValueId, squares: ValueId, limit: number): ValueId {
  const norm = b.plain('sqrt', squares);
  return b.multiply(gradient, b.divide(b.scalar(limit), b.plain('maximum', norm, b.scalar(limit))));
}
