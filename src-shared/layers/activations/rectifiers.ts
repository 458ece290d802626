import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';

/** The family of ReLU, as Keras computes it. */

/** x where it is positive, slope · x elsewhere; the slope may be a tensor that broadcasts. */
export function leakyRelu(b: ProgramBuilder, x: ValueId, slope: ValueId): ValueId {
  return b.select(b.plain('greater', x, b.scalar(0)), x, b.multiply(x, slope));
}

/** x above the threshold, at most `maxValue`; below it, negativeSlope · (x - threshold). */
export function clampedRelu(
  b: ProgramBuilder,
  x: ValueId,
  { maxValue, negativeSlope, threshold }: { maxValue: number | null; negativeSlope: number; threshold: number },
): ValueId {
  const above =
    threshold === 0 ? b.plain('relu', x) : b.select(b.plain('greater', x, b.scalar(threshold)), x, b.scalar(0));
  const capped = maxValue === null ? above : b.plain('minimum', above, b.scalar(maxValue));
  if (negativeSlope === 0) return capped;
  const below = b.plain('relu', b.subtract(b.scalar(threshold), x));
  return b.subtract(capped, b.multiply(below, b.scalar(negativeSlope)));
}

/** x, or alpha · (exp(x) - 1) where it is negative. Source: D. Clevert et al., arXiv:1511.07289 (2015). */
export function elu(b: ProgramBuilder, x: ValueId, alpha: number): ValueId {
  const unscaled = b.plain('elu', x);
  if (alpha === 1) return unscaled;
  return b.select(b.plain('greater', x, b.scalar(0)), x, b.multiply(unscaled, b.scalar(alpha)));
}

/** x times the normal distribution function. Source: D. Hendrycks and K. Gimpel, arXiv:1606.08415 (2016). */
export function gelu(b: ProgramBuilder, x: ValueId): ValueId {
  const cumulative = b.add(b.plain('erf', b.multiply(x, b.scalar(Math.SQRT1_2))), b.scalar(1));
  return b.multiply(b.multiply(x, b.scalar(0.5)), cumulative);
}

/** GELU with tanh in place of the normal distribution function. */
export function geluApproximate(b: ProgramBuilder, x: ValueId): ValueId {
  const cube = b.multiply(b.plain('square', x), x);
  const inner = b.multiply(b.add(x, b.multiply(cube, b.scalar(0.044715))), b.scalar(Math.sqrt(2 / Math.PI)));
  return b.multiply(b.multiply(x, b.scalar(0.5)), b.add(b.plain('tanh', inner), b.scalar(1)));
}
