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

const between = (from: number, to: number, share: number): number => from + (to - from) * share;
