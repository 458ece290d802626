import { z } from 'zod';
import { metricValuesSchema } from '../../src-shared/training/run/run.ts';
import { firstPlateau, plateauSchema } from '../../src-shared/training/schedules/performance.ts';

/** Position of a run in its training; each checkpoint holds it, so that the run can be resumed there. */
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
  /** State of the performance schedule; older checkpoints have none. */
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
 * Position at which another run resumes. In the middle of an epoch with another batch size it restarts that epoch.
 *
 * @param best Of the run's best checkpoint; null: it has none, and the next epoch is the best so far.
 */
export function continued(saved: Position, runId: string, batchSize: number, best: Position['best']): Position {
  const position = { ...saved, runId, best: saved.best?.epoch === best?.epoch ? saved.best : best };
  if (saved.batchSize === batchSize) return position;
  return { ...position, batchSize, batch: 0, sums: { rows: 0, sums: [] }, epochMs: 0 };
}

/** @returns Null if the file holds none: weights of another program. */
export function positionFrom(metadata: Readonly<Record<string, string>>): Position | null {
  const text = metadata['position'];
  return text === undefined ? null : positionSchema.parse(JSON.parse(text));
}
