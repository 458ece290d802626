import type { ProgramBuilder } from '../builder/builder.ts';
import type { ValueId } from '../language/types.ts';
import { unbroadcast, zerosLike } from './gradient-rule.ts';
import type { GradientRules } from './gradient-rule.ts';

type ShapeOpName =
  | 'reshape'
  | 'transpose'
  | 'broadcastLike'
  | 'slice'
  | 'pad'
  | 'concat'
  | 'split'
  | 'reverse'
  | 'gather'
  | 'gatherGradient'
  | 'oneHot';

export const shapeOpGradients: GradientRules<ShapeOpName> = {
  reshape: ({ builder: b, gradient }, x) => [() => b.reshape(gradient, b.shapeOf(x!))],
  transpose: ({ builder: b, attributes: { permutation }, gradient }) => [
    () => b.transpose(gradient, inversePermutation(permutation)),
  ],
  broadcastLike: ({ builder: b, gradient }, x) => [() => unbroadcast(b, gradient, b.shapeOf(x!)), null],
  slice: ({ builder: b, attributes: { starts }, output, gradient }, x) => [
    () => {
      const taken = b.shapeOf(output);
      const after = b.shapeOf(x!).map((size, axis) => (size === null ? 0 : size - starts[axis]! - (taken[axis] ?? 0)));
      return b.pad(gradient, starts, after);
    },
  ],
  pad: ({ builder: b, attributes: { before }, gradient }, x) => [
    () =>
      b.slice(
        gradient,
        before,
        b.shapeOf(x!).map((size) => size ?? -1),
      ),
  ],
  concat: ({ builder: b, attributes: { axis }, gradient }, ...inputs) => {
    let start = 0;
    return inputs.map((input) => {
      const shape = b.shapeOf(input);
      const starts = shape.map((_, i) => (i === axis ? start : 0));
      const sizes = shape.map((size, i) => (i === axis ? (size ?? -1) : -1));
      start += shape[axis] ?? 0;
      return () => b.slice(gradient, starts, sizes);
    });
  },
  split: {
    everyOutput: ({ builder: b, attributes: { axis }, outputs, gradients }) => [
      () =>
        b.concat(
          outputs.map((output, i) => gradients[i] ?? zerosLike(b, output)),
          axis,
        ),
    ],
  },
  reverse: ({ builder: b, attributes: { axis }, gradient }) => [() => b.reverse(gradient, axis)],
  gather: ({ builder: b, attributes: { axis }, gradient }, x, indices) => [
    () =>
      axis === 0 ? b.plain('gatherGradient', x!, indices!, gradient) : gatherAlong(b, axis, x!, indices!, gradient),
    null,
  ],
  gatherGradient: ({ builder: b, gradient }, _like, indices) => [null, null, () => b.gather(gradient, indices!, 0)],
  oneHot: 'zero',
};

/** Gradient of gather along an axis other than 0: transposes that axis to the front, and back afterwards. */
function gatherAlong(b: ProgramBuilder, axis: number, x: ValueId, indices: ValueId, gradient: ValueId): ValueId {
  const rank = b.shapeOf(x).length;
  const indexRank = b.shapeOf(indices).length;
  const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + i);
  const toFront = [axis, ...range(0, axis), ...range(axis + 1, rank - axis - 1)];
  const gradientToFront = [...range(axis, indexRank), ...range(0, axis), ...range(axis + indexRank, rank - axis - 1)];
  const rows = b.plain('gatherGradient', b.transpose(x, toFront), indices, b.transpose(gradient, gradientToFront));
  return b.transpose(rows, inversePermutation(toFront));
}

function inversePermutation(permutation: readonly number[]): number[] {
  const inverse = new Array<number>(permutation.length);
  permutation.forEach((from, to) => {
    inverse[from] = to;
  });
  return inverse;
}
