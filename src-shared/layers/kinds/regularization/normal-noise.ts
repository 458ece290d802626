import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext } from '../../definition/layer.ts';

/** Standard normal numbers shaped like x, from two uniform ones (Box and Muller). */
export function normalNoise({ builder: b, randomKey }: LayerContext, x: ValueId, step: ValueId): ValueId {
  // 1 - u is in (0, 1], so that the logarithm is finite.
  const uniform = b.subtract(b.scalar(1), b.randomUniform(x, step, randomKey('radius')));
  const radius = b.plain('sqrt', b.multiply(b.plain('log', uniform), b.scalar(-2)));
  const angle = b.multiply(b.randomUniform(x, step, randomKey('angle')), b.scalar(2 * Math.PI));
  return b.multiply(radius, b.plain('cos', angle));
}
