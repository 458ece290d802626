import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import type { Slot } from './rule-context.ts';

/** Gradient accumulation over several steps. */
export interface Accumulation {
  /** bool scalar: whether this step updates the weights. */
  readonly updates: ValueId;
  /** int32 scalar: number of updates before this step. */
  readonly made: ValueId;
}

/**
 * Counts accumulated steps and updates.
 * @param state Makes an int32 scalar of the optimizer's state, initially 0.
 */
export function emitAccumulation(b: ProgramBuilder, steps: number, state: (name: string) => Slot): Accumulation {
  const [zero, one] = [b.constant('int32', [], [0]), b.constant('int32', [], [1])];
  const gathered = state('gathered');
  const made = state('updates');
  const next = b.add(gathered.value, one);
  const updates = b.plain('equal', next, b.constant('int32', [], [steps]));
  gathered.replace(b.select(updates, zero, next));
  made.replace(b.select(updates, b.add(made.value, one), made.value));
  return { updates, made: made.value };
}

/**
 * Adds a gradient to the accumulated sum, which each update resets.
 * @returns The mean gradient; valid only in a step that updates.
 */
export function gather(b: ProgramBuilder, updates: ValueId, sum: Slot, gradient: ValueId, steps: number): ValueId {
  const whole = b.add(gradient, sum.value);
  sum.replace(b.select(updates, b.scalar(0), whole));
  return b.divide(whole, b.scalar(steps));
}
