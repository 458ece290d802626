import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';

/** Repeats each element along `axis`: [a, b] becomes [a, a, b, b]. */
export function repeatElements(builder: ProgramBuilder, x: ValueId, axis: number, times: number): ValueId {
  if (times === 1) return x;
  const shape = builder.shapeOf(x);
  const split = builder.reshape(x, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
  const ones = builder.constant('float32', [times, ...shape.slice(axis + 1).map(() => 1)], [1]);
  return builder.reshape(builder.multiply(split, ones), shape.with(axis, shape[axis]! * times));
}
