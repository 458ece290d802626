import type { ProgramBuilder } from '../../program/builder.ts';
import type { ValueId } from '../../program/types.ts';

/** What an optimizer's rule is written with. */
export interface RuleContext {
  readonly builder: ProgramBuilder;
  /** float32 scalar. */
  readonly learningRate: ValueId;
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
  readonly gradient: ValueId;
  /** State of this weight and its shape, named as Keras names it. */
  slot(name: string, initial?: number): Slot;
}

/** Emits the update of one weight. */
export type UpdateRule = (weight: Trained) => void;

/** value + (target − value) · rate: a running mean's next value. */
export function towards(b: ProgramBuilder, value: ValueId, target: ValueId, rate: number): ValueId {
  return b.add(value, b.multiply(b.subtract(target, value), b.scalar(rate)));
}

/** share · a + (1 − share) · b. */
export function blend(b: ProgramBuilder, share: number, first: ValueId, second: ValueId): ValueId {
  return b.add(b.multiply(b.scalar(share), first), b.multiply(b.scalar(1 - share), second));
}
