import { z } from 'zod';
import { lengthSchema, scheduleTimeFields } from './time.ts';
import type { ScheduleTime } from './time.ts';

export const powerSchema = z.object({
  kind: z.literal('power'),
  ...scheduleTimeFields,
  length: lengthSchema,
  decayRate: z.number().nonnegative().default(1),
  power: z.number().nonnegative().default(1),
  staircase: z.boolean().default(false),
});

/**
 * Power, or inverse time: η(t) = η / (1 + decayRate · t / length) ^ power; after `length` half,
 * after twice that a third. `staircase` rounds t / length down.
 * Source: Keras 3 InverseTimeDecay, which is power 1.
 */
export function power(schedule: z.infer<typeof powerSchema>, learningRate: number, { now }: ScheduleTime): number {
  const lengths = now / schedule.length;
  const passed = schedule.staircase ? Math.floor(lengths) : lengths;
  return learningRate / (1 + schedule.decayRate * passed) ** schedule.power;
}
