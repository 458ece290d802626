import { z } from 'zod';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { metricValuesSchema } from '../../src-shared/training/run/run.ts';
import { firstPlateau, plateauSchema } from '../../src-shared/training/schedules/performance.ts';

/** Where a run stands; kept in each checkpoint so that it can be continued there. */
export const positionSchema = z.object({
  runId: z.string(),
  /** Epochs finished. */
  epoch: z.number().int(),
  /** Optimizer updates so far. */
  step: z.number().int(),
  /** Batches of the next epoch already trained on. */
  batch: z.number().int(),
  batchSize: z.number().int(),
  /** Sums over those batches; JSON has null for those that are not finite. */
  sums: z.object({
    rows: z.number(),
    sums: z.array(z.union([z.number(), z.null().transform(() => Number.NaN)])),
  }),
  /** Milliseconds already spent on that epoch. */
  epochMs: z.number(),
  /** The best epoch so far and the value that made it so. */
  best: z.object({ epoch: z.number().int(), value: z.number() }).nullable(),
  /** What the performance schedule remembers; checkpoints before it have none. */
  plateau: plateauSchema.default(firstPlateau),
  /** Metrics of the last finished epoch. */
  metrics: metricValuesSchema,
});
export type Position = z.infer<typeof positionSchema>;

/** The beginning of a run. */
export const firstPosition = (runId: string, batchSize: number): Position => ({
  runId,
  batchSize,
  epoch: 0,
  step: 0,
  batch: 0,
  sums: { rows: 0, sums: [] },
  epochMs: 0,
  best: null,
  plateau: firstPlateau,
  metrics: {},
});

export const positionMetadata = (position: Position): Record<string, string> => ({
  format: 'lamina.checkpoint',
  position: JSON.stringify(position),
});

/**
 * Where another run takes up a saved position. In the middle of an epoch of other batches it
 * begins that epoch anew.
 *
 * @param best Of the checkpoint that the run has as its best; null: it has none, and the next epoch is the best so far.
 */
export function continued(saved: Position, runId: string, batchSize: number, best: Position['best']): Position {
  const position = { ...saved, runId, best: saved.best?.epoch === best?.epoch ? saved.best : best };
  if (saved.batchSize === batchSize) return position;
  return { ...position, batchSize, batch: 0, sums: { rows: 0, sums: [] }, epochMs: 0 };
}

/** Why a run cannot be resumed that has reached its last epoch. */
export function nothingLeft(epoch: number, epochs: number): AppError {
  return new AppError(
    'training/nothing-left',
    `The checkpoint is at the end of epoch ${epoch} and the configuration asks for ${epochs}. Set more epochs to train on.`,
    { epoch, epochs },
  );
}

/** @returns Null where the file holds none: weights of another program. */
export function positionFrom(metadata: Readonly<Record<string, string>>): Position | null {
  const text = metadata['position'];
  return text === undefined ? null : positionSchema.parse(JSON.parse(text));
}
