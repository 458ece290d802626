import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';

/** What an optimizer's rule is written with. */
export interface RuleContext {
  readonly builder: ProgramBuilder;
  /** What a schedule gives each step in place of the optimizer's momentum or beta1; null: theirs. */
  readonly momentum: Memory | null;
  /** float32 scalar: which update this is, from 1. */
  readonly updateNumber: ValueId;
  /** State of the optimizer that no weight owns: a float32 scalar. */
  shared(name: string, initial: number): Slot;
}

/** State that an update reads and replaces. */
export interface Slot {
  readonly value: ValueId;
  replace(value: ValueId): void;
}

/** A weight at its update: after weight decay, with its gradient after clipping. */
export interface Trained extends Slot {
  /** float32 scalar: the step's, times the layer's multiplier. */
  readonly learningRate: ValueId;
  readonly gradient: ValueId;
  /** State of this weight and its shape, named as Keras names it. */
  slot(name: string, initial?: number): Slot;
}

/** Emits the update of one weight. */
export type UpdateRule = (weight: Trained) => void;

/** How a running mean goes on, as two float32 scalars: the share β that is kept, and 1 − β. */
export interface Memory {
  readonly kept: ValueId;
  readonly fresh: ValueId;
}

export function memory(b: ProgramBuilder, beta: number): Memory {
  return { kept: b.scalar(beta), fresh: b.scalar(1 - beta) };
}

/** The schedule's momentum, or the optimizer's own. */
export function momentumOr({ builder, momentum }: RuleContext, beta: number): Memory {
  return momentum ?? memory(builder, beta);
}

/** mean + (value − mean) · (1 − β): a running mean's next value. */
export function towards(b: ProgramBuilder, mean: ValueId, value: ValueId, { fresh }: Memory): ValueId {
  return b.add(mean, b.multiply(b.subtract(value, mean), fresh));
}

/** β · mean + (1 − β) · value: the same, as other rules compute it. */
export function blend(b: ProgramBuilder, { kept, fresh }: Memory, mean: ValueId, value: ValueId): ValueId {
  return b.add(b.multiply(kept, mean), b.multiply(fresh, value));
}
