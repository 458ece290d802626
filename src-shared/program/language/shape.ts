import type { Shape, TensorType } from './types.ts';

/** The shapes do not fit an operation. The message says what was expected and received. */
export class ShapeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ShapeError';
  }
}

/** 'float32[null, 28, 28, 1]', for printed programs. */
export function formatType({ dtype, shape }: TensorType): string {
  return `${dtype}[${shape.map(String).join(', ')}]`;
}

/**
 * A shape for the user, without its batch axis: [null, 28, 28, 1] → '28 × 28 × 1'.
 * '?' is an extent that differs between examples, or a shape that is not known (null).
 */
export function showShape(shape: Shape | null): string {
  if (shape === null) return '?';
  const extents = shape[0] === null ? shape.slice(1) : shape;
  return extents.length === 0 ? 'a single value' : extents.map((extent) => extent ?? '?').join(' × ');
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** Number of elements, not counting the batch axis. */
export function elementCount(shape: Shape): number {
  return shape.reduce<number>((product, size) => product * (size ?? 1), 1);
}

/**
 * NumPy's broadcasting with a batch axis: `null` broadcasts with `null` and 1 only.
 * @throws ShapeError where the shapes do not fit.
 */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result: (number | null)[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const i = axis - (rank - a.length);
    const j = axis - (rank - b.length);
    const left = i < 0 ? 1 : a[i]!;
    const right = j < 0 ? 1 : b[j]!;
    if (left === right || right === 1) result.push(left);
    else if (left === 1) result.push(right);
    else throw new ShapeError(`Expected shapes that broadcast; received ${showShape(a)} and ${showShape(b)}.`);
  }
  return result;
}

/** Axes of `to` along which a tensor of shape `from` is repeated when broadcast. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const missing = to.length - from.length;
  const axes: number[] = [];
  to.forEach((size, axis) => {
    if (axis < missing || (from[axis - missing] === 1 && size !== 1)) axes.push(axis);
  });
  return axes;
}

/** Shape after a reduction over `axes`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return shape.filter((_, axis) => !axes.includes(axis));
}
