import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { repeatElements } from './repeat.ts';

/**
 * Makes an axis so many times longer, linear between the centres of its elements; beyond the
 * outermost centres it stays at their values. As TensorFlow's resize (bilinear, half-pixel centres).
 *
 * The new elements of one old element take fixed shares of it and of its neighbours, so all
 * of them are three products with constants.
 */
export function interpolateElements(builder: ProgramBuilder, x: ValueId, axis: number, times: number): ValueId {
  const shape = builder.shapeOf(x);
  const size = shape[axis]!;
  if (times === 1 || size === 1) return repeatElements(builder, x, axis, times);
  const part = (start: number, length: number): ValueId =>
    builder.slice(
      x,
      shape.map((_, i) => (i === axis ? start : 0)),
      shape.map((_, i) => (i === axis ? length : -1)),
    );
  const before = builder.concat([part(0, 1), part(0, size - 1)], axis);
  const after = builder.concat([part(1, size - 1), part(size - 1, 1)], axis);
  // Where each new centre lies, seen from the old one.
  const offsets = Array.from({ length: times }, (_, i) => (i + 0.5) / times - 0.5);
  const apart = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const shares = [times, ...shape.slice(axis + 1).map(() => 1)];
  const product = (value: ValueId, share: (offset: number) => number): ValueId =>
    builder.multiply(builder.reshape(value, apart), builder.constant('float32', shares, offsets.map(share)));
  const mixed = [
    product(x, (offset) => 1 - Math.abs(offset)),
    product(before, (offset) => Math.max(-offset, 0)),
    product(after, (offset) => Math.max(offset, 0)),
  ].reduce((sum, value) => builder.add(sum, value));
  return builder.reshape(mixed, shape.with(axis, size * times));
}
