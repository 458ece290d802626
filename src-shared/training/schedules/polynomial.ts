import { z } from 'zod';
import { lengthOrRunSchema, scheduleTimeFields } from './time.ts';
import type { ScheduleTime } from './time.ts';

export const polynomialSchema = z.object({
  kind: z.literal('polynomial'),
  ...scheduleTimeFields,
  length: lengthOrRunSchema,
  endLearningRate: z.number().nonnegative().default(0.0001),
  power: z.number().positive().default(1),
  /** Begins again, over a longer stretch, when it has come to its end. */
  cycle: z.boolean().default(false),
});

/**
 * From η to η_end over `length`: η(t) = (η − η_end) · (1 − min(t, length) / length) ^ power + η_end.
 * Power 1 is a line. With `cycle`, `length` is replaced by its first multiple not below t.
 * Source: Keras 3 PolynomialDecay.
 */
export function polynomial(
  { length, endLearningRate, power, cycle }: z.infer<typeof polynomialSchema>,
  learningRate: number,
  { now, end }: ScheduleTime,
): number {
  const single = length ?? end;
  const whole = cycle ? single * Math.max(1, Math.ceil(now / single)) : single;
  const passed = Math.min(now, whole) / whole;
  return (learningRate - endLearningRate) * (1 - passed) ** power + endLearningRate;
}
