import { z } from 'zod';
import { lengthSchema, scheduleTimeFields } from './time.ts';
import type { ScheduleTime } from './time.ts';

export const exponentialSchema = z.object({
  kind: z.literal('exponential'),
  ...scheduleTimeFields,
  length: lengthSchema,
  decayRate: z.number().positive().default(0.1),
  staircase: z.boolean().default(false),
});

/**
 * By the factor `decayRate` every `length`: η(t) = η · decayRate ^ (t / length). `staircase`
 * rounds t / length down.
 * Source: Keras 3 ExponentialDecay.
 */
export function exponential(
  { length, decayRate, staircase }: z.infer<typeof exponentialSchema>,
  learningRate: number,
  { now }: ScheduleTime,
): number {
  const lengths = now / length;
  return learningRate * decayRate ** (staircase ? Math.floor(lengths) : lengths);
}
