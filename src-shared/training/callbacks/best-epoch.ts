import { z } from 'zod';
import type { EarlyStopping } from './early-stopping.ts';
import { improves } from './monitor.ts';
import type { Direction, Monitor } from './monitor.ts';

/** Which epoch's weights the best checkpoint has. */

export const bestEpochStateSchema = z
  .object({
    epoch: z.number().int(),
    value: z.number(),
    /** Null: the validation loss, or the loss where nothing is validated. */
    monitor: z.string().nullable().default(null),
  })
  .nullable();
export type BestEpochState = z.infer<typeof bestEpochStateSchema>;

/** What decides the best epoch. */
export interface BestRule {
  readonly monitor: Monitor;
  readonly minDelta: number;
  readonly startFromEpoch: number;
}

interface Settings {
  readonly best?: Monitor | undefined;
  readonly earlyStopping?: EarlyStopping | undefined;
}

/**
 * The configuration's own metric; else what early stopping watches, with its smallest change and first epoch. Null:
 * the validation loss, or the loss where nothing is validated.
 */
export function bestRule({ best, earlyStopping }: Settings): BestRule | null {
  if (best !== undefined) return { monitor: best, minDelta: 0, startFromEpoch: 0 };
  if (earlyStopping === undefined) return null;
  const { monitor, mode, minDelta, startFromEpoch } = earlyStopping;
  return { monitor: { monitor, mode }, minDelta, startFromEpoch };
}

/** True if an epoch is better than the best one so far. @param epoch 1-based. @param value NaN: none. */
export function isBest(
  { minDelta, startFromEpoch }: BestRule,
  before: BestEpochState,
  epoch: number,
  value: number,
  direction: Direction,
): boolean {
  return epoch > startFromEpoch && improves(value, before?.value ?? null, direction, minDelta);
}
