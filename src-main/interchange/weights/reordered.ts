import { elementCount } from '../../../src-shared/program/language/shape.ts';

/** Values of a reordered tensor that are passed on at a time. */
const PART_VALUES = 2 ** 21;

/**
 * Reads a tensor with its axes in another order. The whole result is in memory while it is read.
 *
 * @param read Values of a tensor of shape `view`, row-major, in parts.
 * @param axes Axes of `view` in the order of the result.
 * @throws Error if there are more or fewer values.
 */
export async function* reordered(
  read: () => AsyncIterable<Float32Array>,
  view: readonly number[],
  axes: readonly number[],
): AsyncIterable<Float32Array> {
  const result = new Float32Array(elementCount(view));
  const strides = new Array<number>(view.length).fill(0);
  axes.forEach((axis, at) => (strides[axis] = elementCount(axes.slice(at + 1).map((after) => view[after]!))));
  const position = new Array<number>(view.length).fill(0);
  const last = view.length - 1;
  const [length, stride] = [view[last]!, strides[last]!];
  let count = 0;
  let target = 0;
  for await (const part of read()) {
    if (count + part.length > result.length) throw new Error(`Expected ${result.length} values; received more.`);
    count += part.length;
    for (let at = 0; at < part.length;) {
      // A run along the last axis, or the rest of it in this part.
      const run = Math.min(part.length - at, length - position[last]!);
      for (let index = 0; index < run; index++, target += stride) result[target] = part[at + index]!;
      at += run;
      position[last]! += run;
      for (let axis = last; axis >= 0 && !(position[axis]! < view[axis]!); axis--) {
        target -= strides[axis]! * view[axis]!;
        position[axis] = 0;
        if (axis === 0) break;
        target += strides[axis - 1]!;
        position[axis - 1]! += 1;
      }
    }
  }
  if (count !== result.length) throw new Error(`Expected ${result.length} values; received ${count}.`);
  for (let at = 0; at < result.length; at += PART_VALUES) yield result.subarray(at, at + PART_VALUES);
}
