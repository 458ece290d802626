import type { ProgramBuilder } from '../builder/builder.ts';
import type { ValueId } from '../language/types.ts';
import type { GradientCall, GradientRules, InputGradient } from './gradient-rule.ts';

/** Equal extremes share the gradient equally, as in TensorFlow. */
function extremeGradient(call: GradientCall<'reduceMax' | 'reduceMin'>, x: ValueId): readonly InputGradient[] {
  const { builder: b, attributes, output, gradient } = call;
  const { axes } = attributes;
  return [
    () => {
      const shape = b.shapeOf(x);
      const chosen = b.cast(b.plain('equal', x, restore(b, output, x, call.attributes)), 'float32');
      const share = b.divide(chosen, b.reduceSum(chosen, axes, true));
      return axes.length === 0 ? gradient : b.multiply(share, b.restoreReduced(gradient, shape, axes));
    },
  ];
}

function restore(
  b: ProgramBuilder,
  reduced: ValueId,
  x: ValueId,
  { axes, keepDims }: { axes: readonly number[]; keepDims: boolean },
): ValueId {
  return keepDims ? reduced : b.restoreReduced(reduced, b.shapeOf(x), axes);
}

export const productGradients: GradientRules<'matMul' | 'reduceSum' | 'reduceMax' | 'reduceMin' | 'argMax'> = {
  matMul: ({ builder: b, attributes: { transposeA, transposeB }, gradient: g }, left, right) => [
    () => (transposeA ? b.matMul(right!, g, transposeB, true) : b.matMul(g, right!, false, !transposeB)),
    () => (transposeB ? b.matMul(g, left!, true, transposeA) : b.matMul(left!, g, !transposeA, false)),
  ],
  reduceSum: ({ builder: b, attributes, gradient }, x) => [
    () => b.plain('broadcastLike', restore(b, gradient, x!, attributes), x!),
  ],
  reduceMax: (call, x) => extremeGradient(call, x!),
  reduceMin: (call, x) => extremeGradient(call, x!),
  argMax: 'zero',
};
