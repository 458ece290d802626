import { showShape, reducedShape, sameShape, ShapeError } from '../language/shape.ts';
import type { DType, TensorType } from '../language/types.ts';
import { requireType, tensor } from './shape-rule.ts';
import type { ShapeRules } from './shape-rule.ts';

function requireAxes(x: TensorType, axes: readonly number[]): void {
  const ascending = axes.every((axis, i) => axis >= 0 && axis < x.shape.length && (i === 0 || axis > axes[i - 1]!));
  if (!ascending) {
    throw new ShapeError(`Expected ascending axes within ${showShape(x.shape)}; received [${axes.join(', ')}].`);
  }
}

const reduction = (allowed: readonly DType[]) => ({
  inputs: 1,
  infer: ({ axes, keepDims }: { axes: readonly number[]; keepDims: boolean }, ...inputs: TensorType[]) => {
    const x = inputs[0]!;
    requireType(x, allowed, 'an input');
    requireAxes(x, axes);
    return [tensor(x.dtype, reducedShape(x.shape, axes, keepDims))];
  },
});

export const productShapes: ShapeRules<'matMul' | 'reduceSum' | 'reduceMax' | 'reduceMin' | 'argMax'> = {
  matMul: {
    inputs: 2,
    infer: ({ transposeA, transposeB }, a, b) => {
      requireType(a!, ['float32'], 'a first input');
      requireType(b!, ['float32'], 'a second input');
      const rank = a!.shape.length;
      const [rows, inner] = lastTwo(a!, transposeA);
      const [innerB, columns] = lastTwo(b!, transposeB);
      const leading = a!.shape.slice(0, -2);
      if (b!.shape.length !== rank || inner !== innerB || !sameShape(leading, b!.shape.slice(0, -2))) {
        throw new ShapeError(
          `Expected matrices that multiply; received ${showShape(a!.shape)} and ${showShape(b!.shape)}.`,
        );
      }
      return [tensor('float32', [...leading, rows, columns])];
    },
  },
  reduceSum: reduction(['float32', 'int32']),
  reduceMax: reduction(['float32', 'int32']),
  reduceMin: reduction(['float32', 'int32']),
  argMax: {
    inputs: 1,
    infer: ({ axis }, x) => {
      requireAxes(x!, [axis]);
      return [tensor('int32', reducedShape(x!.shape, [axis], false))];
    },
  },
};

function lastTwo(type: TensorType, transpose: boolean): [number | null, number | null] {
  const [first, second] = type.shape.slice(-2);
  if (first === undefined || second === undefined) {
    throw new ShapeError(`Expected a matrix; received ${showShape(type.shape)}.`);
  }
  return transpose ? [second, first] : [first, second];
}
