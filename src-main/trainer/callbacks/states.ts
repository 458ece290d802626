import { z } from 'zod';
import { bestEpochStateSchema } from '../../../src-shared/training/callbacks/best-epoch.ts';
import { earlyStoppingStateSchema } from '../../../src-shared/training/callbacks/early-stopping.ts';
import { firstPlateau, plateauSchema } from '../../../src-shared/training/schedules/performance.ts';

/** States of the callbacks, part of each checkpoint. */
export const callbackStatesSchema = z.object({
  stopOnNan: z.null().default(null),
  bestEpoch: bestEpochStateSchema,
  plateau: plateauSchema.default(firstPlateau),
  /** Null: no epoch has ended yet, or the run has no early stopping. */
  earlyStopping: earlyStoppingStateSchema.nullable().default(null),
});
export type CallbackStates = z.infer<typeof callbackStatesSchema>;

export const firstStates: CallbackStates = callbackStatesSchema.parse({ bestEpoch: null });
