import { z } from 'zod';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { DataRecord } from '../../src-shared/data/data-change.ts';
import type { FeatureSpec, RowCounts } from '../../src-shared/data/prepared.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { RecordedSettings } from '../../src-shared/training/commands/run-command.ts';
import { cachedFeaturesSchema } from '../../src-shared/training/run/cached-features.ts';
import type { RunGroup } from '../../src-shared/training/run/run-group.ts';
import { checkpointKindSchema, epochRecordSchema, metricValuesSchema } from '../../src-shared/training/run/run.ts';
import type { ContinueFrom, EngineName } from '../../src-shared/training/run/run.ts';

/** The parameters of a run before its trainer starts. */
export interface NewRun {
  /** Default: 'run N' with the run's number. */
  readonly name?: string | undefined;
  readonly model: ModelDocument;
  readonly dataset: DatasetDocument;
  readonly configuration: TrainingConfiguration;
  /** e.g. { lamina: '0.1.0', node: '24.21.0' }. */
  readonly versions: Readonly<Record<string, string>>;
  readonly continueFrom?: ContinueFrom | undefined;
  /** File of the first weights. Absent: the checkpoint of `continueFrom`, or the seed. */
  readonly startArtifact?: string | undefined;
  /** True if the configuration's engine comes from an earlier run: if it is not available, another one is used. */
  readonly engineAsRecorded?: boolean | undefined;
  /** Commands of the earlier run that are to be applied at their positions. */
  readonly commands?: readonly RecordedSettings[] | undefined;
  /** True if `commands` has the commands that begin the phases. Default: the trainer plans them. */
  readonly phasesPlanned?: boolean | undefined;
  /** The run that this one repeats, with the same steps per call and threads. */
  readonly repeats?: string | undefined;
  readonly group?: RunGroup | undefined;
}

/** How a run is carried out. A run with the same settings has the same bits. */
export const executionSchema = z.object({
  /** Null: not measured, because the run was too short. */
  stepsPerCall: z.number().int().positive().nullable(),
  intraOpThreads: z.number().int().nonnegative(),
  /** Absent in runs of older versions, and if no layer is frozen. */
  cachedFeatures: cachedFeaturesSchema.optional(),
});
export type Execution = z.infer<typeof executionSchema>;

/** @returns Null if nothing is recorded or the text cannot be read: the run that repeats it measures again. */
export function executionFrom(text: string | null): Execution | null {
  try {
    return text === null ? null : executionSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Facts about the data and the engine, known after preparation. */
export interface RunPreparation {
  readonly featureSpec?: FeatureSpec;
  readonly rowCounts?: RowCounts;
  readonly dataFingerprint?: string;
  readonly dataRecord?: DataRecord;
  readonly engine?: EngineName;
  readonly device?: string;
  /** Merged into the recorded versions. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly execution?: Execution;
}

/** An epoch that has just ended. */
export const finishedEpochSchema = z.object({
  record: epochRecordSchema,
  /** True if it is the best so far. */
  best: z.boolean(),
});
export type FinishedEpoch = z.infer<typeof finishedEpochSchema>;

/** A saved state of weights and optimizer. */
export const checkpointSchema = z.object({
  kind: checkpointKindSchema,
  /** Number of completed epochs. */
  epoch: z.number().int(),
  /** Number of optimizer updates so far. */
  step: z.number().int(),
  /** Number of completed batches of the next epoch; 0 at an epoch's end. */
  batch: z.number().int(),
  metrics: metricValuesSchema,
  /** Content hash; the file is `artifacts/<sha256>.safetensors`. */
  sha256: z.string(),
  sizeBytes: z.number().int(),
});
export type Checkpoint = Readonly<z.infer<typeof checkpointSchema>>;

export const writtenCheckpointSchema = checkpointSchema.extend({
  /** Hash of the file with the tensors that do not train, which several checkpoints share. Default: none. */
  frozen: z.string().nullish(),
});
export type WrittenCheckpoint = Readonly<z.infer<typeof writtenCheckpointSchema>>;

export const logLevelSchema = z.enum(['info', 'warning', 'error', 'debug']);

export interface LogLine {
  readonly at: string;
  readonly level: z.infer<typeof logLevelSchema>;
  readonly message: string;
}
