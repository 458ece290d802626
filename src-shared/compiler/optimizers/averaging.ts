import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import type { Averaging } from '../../training/configuration/optimizers.ts';
import { blend } from './rule.ts';
import type { Memory, Slot } from './rule.ts';

/** How weights are averaged at one step. */
export interface AveragingStep {
  readonly memory: Memory;
  /** bool scalar: the averages become the weights; null: never while training. */
  readonly overwrites: ValueId | null;
}

/**
 * What all averages of a step share. The first update keeps nothing, so an average begins as
 * the weight itself.
 *
 * @param made int32 scalar: updates made before.
 */
export function emitAveraging(b: ProgramBuilder, averaging: Averaging, made: ValueId): AveragingStep {
  const { momentum, overwriteFrequency } = averaging;
  const isFirst = b.plain('equal', made, b.constant('int32', [], [0]));
  const kept = b.select(isFirst, b.scalar(0), b.scalar(momentum));
  const memory = { kept, fresh: b.subtract(b.scalar(1), kept) };
  if (overwriteFrequency === undefined) return { memory, overwrites: null };
  const number = b.add(b.cast(made, 'float32'), b.scalar(1));
  const frequency = b.scalar(overwriteFrequency);
  const whole = b.multiply(b.plain('floor', b.divide(number, frequency)), frequency);
  return { memory, overwrites: b.plain('equal', number, whole) };
}

/**
 * a ← m·a + (1 − m)·w at every step, those that only gather gradients included, as Keras.
 * @param average The average's state.
 * @returns What the weight holds after the step: itself, or its average.
 */
export function averaged(b: ProgramBuilder, step: AveragingStep, average: Slot, weight: ValueId): ValueId {
  const newAverage = blend(b, step.memory, average.value, weight);
  average.replace(newAverage);
  return step.overwrites === null ? weight : b.select(step.overwrites, newAverage, weight);
}
