import { z } from 'zod';
import { lengthOrRunSchema, scheduleTimeFields } from './time.ts';
import type { ScheduleTime } from './time.ts';

export const cosineSchema = z.object({
  kind: z.literal('cosine'),
  ...scheduleTimeFields,
  length: lengthOrRunSchema,
  /** What remains at the end, as a share of the learning rate. */
  alpha: z.number().min(0).max(1).default(0),
});

/**
 * Half a cosine from η to alpha · η over `length`:
 * η(t) = η · ((1 − alpha) · (1 + cos(π · min(t, length) / length)) / 2 + alpha).
 * Source: I. Loshchilov, F. Hutter, arXiv:1608.03983 (2017); Keras 3 CosineDecay.
 */
export function cosine(
  { length, alpha }: z.infer<typeof cosineSchema>,
  learningRate: number,
  { now, end }: ScheduleTime,
): number {
  const whole = length ?? end;
  return learningRate * ((1 - alpha) * halfCosine(Math.min(now, whole) / whole) + alpha);
}

/** From 1 at 0 to 0 at 1. */
export const halfCosine = (passed: number): number => 0.5 * (1 + Math.cos(Math.PI * passed));
