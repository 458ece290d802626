import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { Shape, ValueId } from '../../program/language/types.ts';
import type { LayerContext, LayerDefinition, LayerOutput } from './layer.ts';

/**
 * A mask tells which steps of a sequence count: bool, shaped like its tensor without the
 * last axis, false where a step is padding. Rules are those of Keras 3.
 */
export type Mask = ValueId;

/** A layer's output with its mask, by the rule of its definition where `emit` names none. */
export function emitMasked(definition: LayerDefinition, context: LayerContext): LayerOutput {
  const made = definition.emit(context);
  if (typeof made !== 'number') return made;
  return { output: made, mask: definition.mask === 'keep' ? (context.masks[0] ?? null) : null };
}

/** True where a layer that knows no masks has an input with one: what comes after it sees the padding too. */
export function losesMask(definition: LayerDefinition, masks: readonly (Mask | null)[]): boolean {
  return definition.mask === undefined && masks.some((mask) => mask !== null);
}

/** Steps where any value differs from `value`: bool, without the last axis. */
export function stepsOtherThan(b: ProgramBuilder, x: ValueId, value: number): Mask {
  const differs = b.plain('logicalNot', b.plain('equal', x, b.scalar(value)));
  const last = b.shapeOf(x).length - 1;
  return b.plain('greater', b.reduceMax(b.cast(differs, 'float32'), [last]), b.scalar(0));
}

/** A mask with an axis of size 1 at its end, to meet the values of each step. */
export function maskColumn(b: ProgramBuilder, mask: Mask): ValueId {
  return b.reshape(mask, [...b.shapeOf(mask), 1]);
}

/** x where the mask counts, `value` elsewhere. */
export function whereMasked(b: ProgramBuilder, mask: Mask, x: ValueId, value: number): ValueId {
  return b.select(maskColumn(b, mask), x, b.scalar(value));
}

/** Steps that count in any of the inputs; null where one of them has no mask. */
export function anyMask(b: ProgramBuilder, masks: readonly (Mask | null)[]): Mask | null {
  const known = masks.filter((mask) => mask !== null);
  return known.length === masks.length ? known.reduce((one, other) => b.plain('logicalOr', one, other)) : null;
}

/** A mask in which every step of x counts. */
export function fullMask(b: ProgramBuilder, x: ValueId): Mask {
  const shape: Shape = b.shapeOf(x);
  const first = b.slice(
    x,
    shape.map(() => 0),
    shape.map((_, axis) => (axis === shape.length - 1 ? 1 : -1)),
  );
  const column = b.reshape(first, shape.slice(0, -1));
  return b.plain('broadcastLike', b.constant('bool', [], [1]), column);
}
