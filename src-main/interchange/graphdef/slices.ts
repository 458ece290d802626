import type { Attributes } from './graph-def.ts';

/** A part of a tensor: rows of `reshape` after `slice`. */
export interface StaticSlice {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  /** After axes are removed and inserted. */
  readonly shape: readonly number[];
}

/**
 * What TensorFlow's StridedSlice takes, with steps of 1.
 *
 * @param shape Of the input.
 * @returns Null for other steps, an ellipsis between axes, or a part that is empty or outside.
 */
export function sliceOf(
  attributes: Attributes,
  shape: readonly number[],
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[],
): StaticSlice | null {
  const mask = (name: string, axis: number): boolean => (attributes.int(name, 0) & (1 << axis)) !== 0;
  const starts: number[] = [];
  const sizes: number[] = [];
  const result: number[] = [];
  const given = begin.length;
  const inserted = begin.filter((_, index) => mask('new_axis_mask', index)).length;
  for (let index = 0; index < given; index++) {
    const axis = starts.length;
    if (mask('ellipsis_mask', index)) {
      const covered = shape.length - (given - 1 - inserted);
      for (let each = 0; each < covered; each++) {
        starts.push(0);
        sizes.push(shape[axis + each]!);
        result.push(shape[axis + each]!);
      }
      continue;
    }
    if (mask('new_axis_mask', index)) {
      result.push(1);
      continue;
    }
    const size = shape[axis];
    if (size === undefined) return null;
    const wrapped = (value: number): number => (value < 0 ? value + size : value);
    const start = mask('begin_mask', index) ? 0 : wrapped(begin[index]!);
    if (mask('shrink_axis_mask', index)) {
      if (start < 0 || start >= size) return null;
      starts.push(start);
      sizes.push(1);
      continue;
    }
    if (strides[index] !== 1) return null;
    const stop = mask('end_mask', index) ? size : Math.min(size, wrapped(end[index]!));
    const from = Math.max(0, start);
    if (stop <= from) return null;
    starts.push(from);
    sizes.push(stop - from);
    result.push(stop - from);
  }
  for (let axis = starts.length; axis < shape.length; axis++) {
    starts.push(0);
    sizes.push(shape[axis]!);
    result.push(shape[axis]!);
  }
  return { starts, sizes, shape: result };
}
