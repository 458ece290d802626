import { z } from 'zod';
import { scheduleTimeFields } from './time.ts';
import type { ScheduleTime } from './time.ts';

export const oneCycleSchema = z.object({
  kind: z.literal('oneCycle'),
  ...scheduleTimeFields,
  /** Where it begins and comes back to, as a share of the peak. */
  startFraction: z.number().positive().max(1).default(0.1),
  /** Where it ends, as a share of the peak. */
  endFraction: z.number().nonnegative().max(1).default(0.0001),
  /** Share of the run for the last descent. */
  lastPart: z.number().min(0).lt(1).default(0.1),
  /** Momentum (or beta1) falls from `high` to `low` while the rate rises, and comes back. Absent: the optimizer's own. */
  momentum: z
    .object({ high: z.number().min(0).lt(1).default(0.95), low: z.number().min(0).lt(1).default(0.85) })
    .optional(),
});

/**
 * 1cycle over the whole run; the optimizer's learning rate is the peak. Linear from start to
 * peak over half of what the last part leaves, linear back to start, then linear to the end,
 * orders of magnitude lower, over the last part.
 * Source: L. N. Smith, arXiv:1803.09820 (2018), section 4.
 */
export function oneCycle(
  { startFraction, endFraction, lastPart }: z.infer<typeof oneCycleSchema>,
  peak: number,
  { now, end }: ScheduleTime,
): number {
  const start = peak * startFraction;
  const last = end * (1 - lastPart);
  const half = last / 2;
  if (now < half) return between(start, peak, now / half);
  if (now < last) return between(peak, start, (now - half) / half);
  return between(start, peak * endFraction, Math.min(1, (now - last) / Math.max(end - last, 1e-9)));
}

/**
 * Momentum of the same position: from high to low over the rise, back over the fall, then high.
 * Null where the schedule leaves it to the optimizer.
 * Source: L. N. Smith, arXiv:1803.09820 (2018); PyTorch OneCycleLR, three phases, linear.
 */
export function oneCycleMomentum(
  { momentum, lastPart }: z.infer<typeof oneCycleSchema>,
  { now, end }: ScheduleTime,
): number | null {
  if (momentum === undefined) return null;
  const { high, low } = momentum;
  const last = end * (1 - lastPart);
  const half = last / 2;
  if (now < half) return between(high, low, now / half);
  return now < last ? between(low, high, (now - half) / half) : high;
}

const between = (from: number, to: number, share: number): number => from + (to - from) * share;
