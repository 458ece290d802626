import { broadcastShapes, elementCount, showShape, sameShape, ShapeError } from '../language/shape.ts';
import type { Shape } from '../language/types.ts';
import { fixedSize, requireRank, requireSameShape, requireType, tensor } from './shape-rule.ts';
import type { ShapeRules } from './shape-rule.ts';

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

/** Operations that move or copy elements without computing. */
export const shapeOpShapes: ShapeRules<ShapeOpName> = {
  reshape: {
    inputs: 1,
    infer: ({ shape }, x) => {
      requireReshape(x!.shape, shape);
      return [tensor(x!.dtype, shape)];
    },
  },
  transpose: {
    inputs: 1,
    infer: ({ permutation }, x) => {
      const sorted = [...permutation].sort((a, b) => a - b);
      if (permutation.length !== x!.shape.length || sorted.some((axis, i) => axis !== i)) {
        throw new ShapeError(
          `Expected each axis of ${showShape(x!.shape)} once; received [${permutation.join(', ')}].`,
        );
      }
      return [
        tensor(
          x!.dtype,
          permutation.map((axis) => x!.shape[axis]!),
        ),
      ];
    },
  },
  broadcastLike: {
    inputs: 2,
    infer: (_, x, like) => {
      if (!sameShape(broadcastShapes(x!.shape, like!.shape), like!.shape)) {
        throw new ShapeError(
          `Expected a shape that broadcasts to ${showShape(like!.shape)}; received ${showShape(x!.shape)}.`,
        );
      }
      return [tensor(x!.dtype, like!.shape)];
    },
  },
  slice: {
    inputs: 1,
    infer: ({ starts, sizes }, x) => {
      const shape = x!.shape.map((extent, axis) => {
        const start = starts[axis] ?? 0;
        const size = sizes[axis] ?? -1;
        if (extent === null) {
          if (size === -1 && start === 0) return null;
          throw new ShapeError('Expected a slice that keeps the batch axis whole.');
        }
        const result = size === -1 ? extent - start : size;
        if (start < 0 || result < 1 || start + result > extent) {
          throw new ShapeError(`Expected a slice within ${extent}; received start ${start}, size ${size}.`);
        }
        return result;
      });
      requireRank(x!, starts.length, 'an input');
      return [tensor(x!.dtype, shape)];
    },
  },
  pad: {
    inputs: 1,
    infer: ({ before, after }, x) => {
      requireRank(x!, before.length, 'an input');
      const shape = x!.shape.map((extent, axis) => {
        const added = (before[axis] ?? 0) + (after[axis] ?? 0);
        if (extent === null && added !== 0) throw new ShapeError('Expected no padding of the batch axis.');
        return extent === null ? null : extent + added;
      });
      return [tensor(x!.dtype, shape)];
    },
  },
  concat: {
    inputs: null,
    infer: ({ axis }, first, ...rest) => {
      const shape = [...first!.shape];
      for (const other of rest) {
        requireType(other, [first!.dtype], 'inputs');
        const fits =
          other.shape.length === shape.length && other.shape.every((size, i) => i === axis || size === shape[i]);
        if (!fits) {
          throw new ShapeError(
            `Expected shapes that are equal except on axis ${axis}; received ${showShape(first!.shape)} and ${showShape(other.shape)}.`,
          );
        }
      }
      shape[axis] = [first!, ...rest].reduce((sum, input) => sum + fixedSize(input, axis, 'inputs'), 0);
      return [tensor(first!.dtype, shape)];
    },
  },
  split: {
    inputs: 1,
    infer: ({ axis, sizes }, x) => {
      const whole = fixedSize(x!, axis, 'an input');
      const sum = sizes.reduce((total, size) => total + size, 0);
      if (sum !== whole || sizes.some((size) => size < 1)) {
        throw new ShapeError(`Expected parts that add up to ${whole}; received ${sizes.join(', ')}.`);
      }
      return sizes.map((size) => tensor(x!.dtype, x!.shape.with(axis, size)));
    },
  },
  reverse: {
    inputs: 1,
    infer: ({ axis }, x) => {
      fixedSize(x!, axis, 'an input');
      return [x!];
    },
  },
  gather: {
    inputs: 2,
    infer: ({ axis }, x, indices) => {
      requireType(indices!, ['int32'], 'indices');
      if (axis < 0 || axis >= x!.shape.length) {
        throw new ShapeError(`Expected an axis of ${showShape(x!.shape)}; received ${axis}.`);
      }
      return [tensor(x!.dtype, [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)])];
    },
  },
  gatherGradient: {
    inputs: 3,
    infer: (_, like, indices, gradient) => {
      requireType(indices!, ['int32'], 'indices');
      const expected = tensor('float32', [...indices!.shape, ...like!.shape.slice(1)]);
      requireSameShape(gradient!, expected, 'gradient and gathered rows');
      return [tensor(gradient!.dtype, like!.shape)];
    },
  },
  oneHot: {
    inputs: 1,
    infer: ({ depth }, indices) => {
      requireType(indices!, ['int32'], 'indices');
      return [tensor('float32', [...indices!.shape, depth])];
    },
  },
};

function requireReshape(from: Shape, to: Shape): void {
  const unknownFrom = from.filter((size) => size === null).length;
  const unknownTo = to.filter((size) => size === null).length;
  const a = elementCount(from);
  const b = elementCount(to);
  // With a batch axis on both sides one element count must divide the other: [null, 4, 5] may become [null, 5] with batch * 4 rows.
  const fits = unknownTo <= 1 && unknownFrom === unknownTo && (unknownTo === 0 ? a === b : a % b === 0 || b % a === 0);
  if (!fits) {
    throw new ShapeError(`Expected as many elements as ${showShape(from)}; received ${showShape(to)}.`);
  }
}
