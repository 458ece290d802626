import type { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import type { ValueId } from '../../../src-shared/program/language/types.ts';
import { NodeRefusal } from './graph-program.ts';

/** Parts along an axis, one after the other. @param first Where the first one begins. */
export function partsAlong(
  builder: ProgramBuilder,
  value: ValueId,
  axis: number,
  sizes: readonly number[],
  first = 0,
): ValueId[] {
  const shape = builder.shapeOf(value);
  let start = first;
  return sizes.map((size) => {
    const starts = shape.map((_, each) => (each === axis ? start : 0));
    start += size;
    return builder.slice(
      value,
      starts,
      shape.map((_, each) => (each === axis ? size : -1)),
    );
  });
}

/**
 * With margins that repeat the values in reverse order.
 *
 * @param skipped Values at each end that are not repeated: 1, or 0.
 * @throws NodeRefusal for margins of the batch axis.
 */
export function mirrored(
  builder: ProgramBuilder,
  value: ValueId,
  before: readonly number[],
  after: readonly number[],
  skipped: number,
): ValueId {
  return before.reduce((inner, margin, axis) => {
    const end = after[axis] ?? 0;
    if (margin === 0 && end === 0) return inner;
    const size = builder.shapeOf(inner)[axis];
    if (size == null) throw new NodeRefusal('a batch with margins');
    const part = (start: number, length: number): ValueId[] =>
      length === 0 ? [] : partsAlong(builder, inner, axis, [length], start).map((each) => builder.reverse(each, axis));
    return builder.concat([...part(skipped, margin), inner, ...part(size - skipped - end, end)], axis);
  }, value);
}
