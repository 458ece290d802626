import { z } from 'zod';
import { directionSchema, improves, monitorSchema } from './monitor.ts';
import type { Direction } from './monitor.ts';

/**
 * Ends training when a metric has stopped improving. Names, meaning and defaults are those of Keras 3.15's
 * `EarlyStopping`, except that `restoreBestWeights` is true by default. A value that is not finite is never the best
 * one; in Keras, a NaN of the first epoch becomes the best value, and no later value improves on it.
 */
export const earlyStoppingSchema = monitorSchema.extend({
  /** Epochs without improvement after which training ends; 0 and 1 both end it at the first. */
  patience: z.number().int().min(0).max(1_000_000).default(0),
  /** A smaller change is not an improvement. */
  minDelta: z.number().min(0).max(1e30).default(0),
  /** Number of first epochs that are ignored. */
  startFromEpoch: z.number().int().min(0).max(1_000_000).default(0),
  /** Epochs count as without improvement until the metric is better than this; null: none. */
  baseline: z.number().nullable().default(null),
  /** True: the weights of the best epoch are used after training; false: those of the last epoch. */
  restoreBestWeights: z.boolean().default(true),
});
export type EarlyStopping = z.infer<typeof earlyStoppingSchema>;

export const earlyStoppingStateSchema = z.object({
  monitor: z.string(),
  direction: directionSchema,
  best: z.number().nullable(),
  /** Epochs without improvement. */
  wait: z.number().int(),
  /** True if the last epoch ended training. */
  stopped: z.boolean(),
});
export type EarlyStoppingState = z.infer<typeof earlyStoppingStateSchema>;

export function firstEarlyStopping({ monitor }: EarlyStopping, direction: Direction): EarlyStoppingState {
  return { monitor, direction, best: null, wait: 0, stopped: false };
}

/**
 * The state after an epoch.
 *
 * @param epoch 1-based.
 * @param value Of the metric; NaN: none.
 */
export function afterEpoch(
  { patience, minDelta, startFromEpoch, baseline }: EarlyStopping,
  before: EarlyStoppingState,
  epoch: number,
  value: number,
): EarlyStoppingState {
  if (epoch <= startFromEpoch) return { ...before, stopped: false };
  const { direction, best } = before;
  const wait = before.wait + 1;
  if (improves(value, best, direction, minDelta)) {
    const beatsBaseline = baseline === null || improves(value, baseline, direction, minDelta);
    return { ...before, best: value, wait: beatsBaseline ? 0 : wait, stopped: false };
  }
  // Keras never stops at the first epoch.
  return { ...before, wait, stopped: wait >= patience && epoch > 1 };
}
