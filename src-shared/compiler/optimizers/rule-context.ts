import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';

/** Arguments of an optimizer's rule for weights that have been updated equally often. */
export interface RuleContext {
  readonly builder: ProgramBuilder;
  /** The schedule's replacement of the optimizer's momentum or beta1; null: unchanged. */
  readonly momentum: Memory | null;
  /** float32 scalar: number of this update of the weights, from 1. Call at most once. */
  updateNumber(): ValueId;
  /** A scalar float32 slot that has the same value for all of the weights. */
  shared(name: string, initial: number): Slot;
}

/** State that an update reads and replaces. */
export interface Slot {
  readonly value: ValueId;
  replace(value: ValueId): void;
}

/** A weight after weight decay, with its gradient after clipping. */
export interface Trained extends Slot {
  /** float32 scalar: learning rate of the step times the layer's multiplier. */
  readonly learningRate: ValueId;
  readonly gradient: ValueId;
  /** State with the weight's shape, named as in Keras. */
  slot(name: string, initial?: number): Slot;
}

/** Emits the update of one weight. */
export type UpdateRule = (weight: Trained) => void;

/** Factors of an exponential moving average, float32 scalars: β (kept) and 1 − β (fresh). */
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

/** Next value of a moving average: mean + (value − mean) · (1 − β). */
export function towards(b: ProgramBuilder, mean: ValueId, value: ValueId, { fresh }: Memory): ValueId {
  return b.add(mean, b.multiply(b.subtract(value, mean), fresh));
}

/** β · mean + (1 − β) · value: like `towards` but rounded differently; each rule uses Keras's formula. */
export function blend(b: ProgramBuilder, { kept, fresh }: Memory, mean: ValueId, value: ValueId): ValueId {
  return b.add(b.multiply(kept, mean), b.multiply(fresh, value));
}
