import { z } from 'zod';
import { earlyStoppingSchema } from '../callbacks/early-stopping.ts';
import { trainingConfigurationSchema } from '../configuration/configuration.ts';
import { artifactHashSchema, modelDocumentSchema, modelWeightsSchema } from '../../document/schema/model-document.ts';
import { datasetDocumentSchema } from '../../data/dataset-document.ts';
import { dataChangeSchema, dataRecordSchema } from '../../data/data-change.ts';
import { featureSpecSchema, rowCountsSchema } from '../../data/prepared.ts';
import { recordedCommandSchema } from '../commands/run-command.ts';
import { cachedFeaturesSchema } from './cached-features.ts';
import { freezingProofSchema } from './freezing-proof.ts';
import { runGroupSchema } from './run-group.ts';
import { runStateSchema } from './run-state.ts';

/** What completed a run before its last epoch. */
export const endedBySchema = z.enum(['earlyStopping']);
export type EndedBy = z.infer<typeof endedBySchema>;

export const engineNameSchema = z.enum(['tensorflow', 'onnx']);
export type EngineName = z.infer<typeof engineNameSchema>;
export const engineTitles: Readonly<Record<EngineName, string>> = { tensorflow: 'TensorFlow', onnx: 'ONNX Runtime' };

/** The engine that computed a result. */
export const engineUseSchema = z.object({
  name: engineNameSchema,
  /** The run's engine and why it was not used; absent where it was used. */
  insteadOf: z.object({ name: engineNameSchema, reason: z.string() }).optional(),
});
export type EngineUse = z.infer<typeof engineUseSchema>;

/**
 * Saved weights of a run: `initial`, `last`, and `best`, those of the epoch with the least validation
 * loss (training loss where nothing is validated), or with the best value of the metric that the configuration names.
 */
export const checkpointKindSchema = z.enum(['best', 'last', 'initial']);
export type CheckpointKind = z.infer<typeof checkpointKindSchema>;

/** Where a run's first weights come from; 'resume' also restores optimizer, step and epoch. */
export const continueFromSchema = z.object({
  runId: z.string().min(1),
  checkpoint: checkpointKindSchema,
  mode: z.enum(['resume', 'weights']),
});
export type ContinueFrom = z.infer<typeof continueFromSchema>;

/** Where a run's first weights come from. */
export const startSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('seed') }),
  /** A checkpoint of a run, which may have been deleted since. `artifact` is absent for a resumed run. */
  continueFromSchema.extend({ kind: z.literal('run'), artifact: artifactHashSchema.optional() }),
  /** The weights that the model named. */
  modelWeightsSchema.extend({ kind: z.literal('weights') }),
]);
export type Start = z.infer<typeof startSchema>;

/** Keras's keys: loss, accuracy, val_loss, val_accuracy, mae, … */
export const metricValuesSchema = z.record(z.string(), z.number());
export type MetricValues = z.infer<typeof metricValuesSchema>;

export const epochRecordSchema = z.object({
  /** 1-based. */
  epoch: z.number().int().positive(),
  metrics: metricValuesSchema,
  durationMs: z.number(),
  /** Optimizer updates a second over the epoch's training part. */
  stepsPerSecond: z.number(),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;

/** How well one target of one Output is predicted; errors in the target's own unit where it is numeric. */
export const outputResultSchema = z.object({
  /** Name of the Output; empty in runs of older versions, which had one. */
  output: z.string(),
  /** Name of the target's column. */
  target: z.string(),
  unit: z.string().optional(),
  rmseOriginal: z.number().optional(),
  maeOriginal: z.number().optional(),
  /** RMSE over the target's standard deviation. */
  rmseRelative: z.number().optional(),
  /** confusion[actual][predicted], classes in the order of the target spec. */
  confusion: z.array(z.array(z.number().int())).optional(),
});
export type OutputResult = z.infer<typeof outputResultSchema>;

/** Runs of older versions have one output; its result is stored next to the metrics. */
function withOutputs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'outputs' in value || !('rows' in value)) return value;
  const { metrics, rows, ...only } = value as Record<string, unknown>;
  return { metrics, rows, outputs: [{ output: '', target: '', ...only }] };
}

/** Evaluation on a split: Keras's metrics, and each Output's targets. */
export const testResultSchema = z.preprocess(
  withOutputs,
  z.object({
    metrics: metricValuesSchema,
    rows: z.number().int(),
    outputs: z.array(outputResultSchema),
    /** Absent in runs of older versions. */
    engine: engineUseSchema.optional(),
    /** Absent where the data has not changed since the training. */
    dataChange: dataChangeSchema.optional(),
    /** The weights and their epoch; absent in results of older versions, which used the last weights. */
    checkpoint: checkpointKindSchema.optional(),
    epoch: z.number().int().optional(),
  }),
);
export type TestResult = z.infer<typeof testResultSchema>;

export const runErrorSchema = z.object({ code: z.string(), message: z.string() });

/** Position of a checkpoint in its run. */
export const checkpointPlaceSchema = z.object({
  /** Epochs finished. */
  epoch: z.number().int(),
  /** Optimizer updates. */
  step: z.number().int(),
  /** Batches trained in the next epoch. */
  batch: z.number().int(),
});
export type CheckpointPlace = z.infer<typeof checkpointPlaceSchema>;

/** One line of the run list. */
export const runSummarySchema = z.object({
  id: z.string(),
  /** Sequential in the project: "run 14". */
  number: z.number().int().positive(),
  name: z.string(),
  state: runStateSchema,
  /** When it was queued; after it has started, when it started. */
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  modelName: z.string(),
  datasetName: z.string(),
  /** A numeric target is scaled, and errors during training are in its scale. */
  scaledTarget: z.boolean(),
  engine: engineNameSchema.nullable(),
  /** The most that it trains. */
  epochs: z.number().int(),
  epochsDone: z.number().int(),
  stepsDone: z.number().int(),
  /** The callback that completed it; null: none. */
  endedBy: endedBySchema.nullable(),
  /** Of the configuration; null: none. */
  earlyStopping: earlyStoppingSchema.nullable(),
  /** The metric that decides the best epoch; null: the validation loss, or the loss where nothing is validated. */
  bestBy: z.string().nullable(),
  bestEpoch: z.number().int().nullable(),
  /** The checkpoint to resume from; earlier than `epochsDone` until the next one is written. Null: none yet. */
  lastCheckpoint: checkpointPlaceSchema.nullable(),
  /** Epoch of the best checkpoint; differs from `bestEpoch` until that one is written, or where writing failed. */
  bestCheckpointEpoch: z.number().int().nullable(),
  /** Metrics of the last epoch. */
  lastMetrics: metricValuesSchema,
  bestMetrics: metricValuesSchema,
  test: testResultSchema.nullable(),
  error: runErrorSchema.nullable(),
  /** The run whose weights this one started from. */
  continuedFrom: z.string().nullable(),
  /** The group that it is part of; null: none. */
  group: runGroupSchema.nullable(),
  /** Parts of the record that cannot be read and are left out, with the reason. Null: none. */
  unreadable: z.string().nullable(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

/** Everything that made a run; enough to repeat it. */
export const runRecordSchema = runSummarySchema.extend({
  model: modelDocumentSchema,
  dataset: datasetDocumentSchema,
  configuration: trainingConfigurationSchema,
  /** sha256 over the source files' contents and the dataset document. */
  dataFingerprint: z.string().nullable(),
  /** Null in runs of older versions. */
  dataRecord: dataRecordSchema.nullable(),
  featureSpec: featureSpecSchema.nullable(),
  rowCounts: rowCountsSchema.nullable(),
  /** e.g. { lamina: '0.1.0', tensorflow: '2.21.0', node: '24.21.0', numerics: '1' }; `numerics` is absent in older runs. */
  versions: z.record(z.string(), z.string()),
  device: z.string().nullable(),
  /** Null before the run has ended, if it was interrupted, and in runs of older versions. */
  freezing: freezingProofSchema.nullable(),
  /** Null before training has begun, if no layer is frozen, and in runs of older versions. */
  cachedFeatures: cachedFeaturesSchema.nullable(),
  epochRecords: z.array(epochRecordSchema),
  /** Warnings of the training, oldest first. */
  warnings: z.array(z.string()),
  start: startSchema,
  /** By position. Commands after `stepsDone` come from the run that it repeats or resumes, and will be applied. */
  commands: z.array(recordedCommandSchema),
  /** Steps of the run that it resumes; the configuration includes the commands before this step. 0: it resumes none. */
  startStep: z.number().int().nonnegative(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
