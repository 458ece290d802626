import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import type { Averaging } from '../../training/configuration/optimizers.ts';
import { blend } from './rule-context.ts';
import type { Memory, Slot } from './rule-context.ts';

/** Weight averaging at one step. */
export interface AveragingStep {
  readonly memory: Memory;
  /** bool scalar: whether the averages replace the weights; null: never during training. */
  readonly overwrites: ValueId | null;
}

/**
 * The part that all averages of a step share. At the first update an average equals the weight.
 *
 * @param made int32 scalar: number of updates before this step.
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
 * a ← m·a + (1 − m)·w at every step, also those that only accumulate gradients, as in Keras.
 * @param average State of the average.
 * @returns Value of the weight after the step: unchanged, or its average.
 */
export function averaged(b: ProgramBuilder, step: AveragingStep, average: Slot, weight: ValueId): ValueId {
  const newAverage = blend(b, step.memory, average.value, weight);
  average.replace(newAverage);
  return step.overwrites === null ? weight : b.select(step.overwrites, newAverage, weight);
}
