import { z } from 'zod';
import { halfCosine } from './cosine.ts';
import { lengthSchema, scheduleTimeFields } from './time.ts';
import type { ScheduleTime } from './time.ts';

export const cosineRestartsSchema = z.object({
  kind: z.literal('cosineRestarts'),
  ...scheduleTimeFields,
  /** Of the first period. */
  length: lengthSchema,
  /** Each period's length over the one before. */
  lengthFactor: z.number().min(1).default(2),
  /** Each restart's rate over the one before. */
  restartFactor: z.number().positive().default(1),
  alpha: z.number().min(0).max(1).default(0),
});

/**
 * Half a cosine from η to alpha · η, again and again. In period i = 0, 1, … of length
 * L_i = length · lengthFactor ^ i, with s the share of it passed:
 * η(t) = η · ((1 − alpha) · restartFactor ^ i · (1 + cos(π · s)) / 2 + alpha).
 * Source: I. Loshchilov, F. Hutter, arXiv:1608.03983 (2017); Keras 3 CosineDecayRestarts, t_mul and m_mul.
 */
export function cosineRestarts(
  { length, lengthFactor, restartFactor, alpha }: z.infer<typeof cosineRestartsSchema>,
  learningRate: number,
  { now }: ScheduleTime,
): number {
  const { period, passed } = locate(now / length, lengthFactor);
  return learningRate * ((1 - alpha) * restartFactor ** period * halfCosine(passed) + alpha);
}

/** @param lengths Time in lengths of the first period. */
function locate(lengths: number, factor: number): { period: number; passed: number } {
  if (factor === 1) return { period: Math.floor(lengths), passed: lengths - Math.floor(lengths) };
  // Of the sum 1 + factor + … the period is a logarithm; its rounding may be one off at a restart.
  const begin = (period: number): number => (factor ** period - 1) / (factor - 1);
  let period = Math.floor(Math.log(1 + lengths * (factor - 1)) / Math.log(factor));
  if (begin(period) > lengths) period--;
  else if (begin(period + 1) <= lengths) period++;
  return { period, passed: (lengths - begin(period)) / factor ** period };
}
