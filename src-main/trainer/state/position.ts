import { z } from 'zod';
import { metricValuesSchema } from '../../../src-shared/training/run/run.ts';
import { callbackStatesSchema, firstStates } from '../callbacks/states.ts';

/** Position of a run in its training; each checkpoint holds it, so that the run can be resumed there. */
const positionFieldsSchema = z.object({
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
  callbacks: callbackStatesSchema,
  /** Metrics of the last finished epoch. */
  metrics: metricValuesSchema,
});
export type Position = z.infer<typeof positionFieldsSchema>;

/** Checkpoints of older versions store the best epoch and the plateau as fields of the position. */
function withCallbacks(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'callbacks' in value) return value;
  const { best, plateau, ...fields } = value as Record<string, unknown>;
  return { ...fields, callbacks: { bestEpoch: best, plateau } };
}

export const positionSchema = z.preprocess(withCallbacks, positionFieldsSchema);

/** The beginning of a run. */
export const firstPosition = (runId: string, batchSize: number): Position => ({
  runId,
  batchSize,
  epoch: 0,
  step: 0,
  batch: 0,
  sums: { rows: 0, sums: [] },
  epochMs: 0,
  callbacks: firstStates,
  metrics: {},
});

export const positionMetadata = (position: Position): Record<string, string> => ({
  format: 'lamina.checkpoint',
  position: JSON.stringify(position),
});

/** Position at which another run resumes. In the middle of an epoch with another batch size it restarts that epoch. */
export function continued(saved: Position, runId: string, batchSize: number): Position {
  const position = { ...saved, runId };
  if (saved.batchSize === batchSize) return position;
  return { ...position, batchSize, batch: 0, sums: { rows: 0, sums: [] }, epochMs: 0 };
}

/** @returns Null if the file holds none: weights of another program. */
export function positionFrom(metadata: Readonly<Record<string, string>>): Position | null {
  const text = metadata['position'];
  return text === undefined ? null : positionSchema.parse(JSON.parse(text));
}
