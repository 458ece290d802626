import { z } from 'zod';
import { AppError, appErrorSchema } from '../../src-shared/errors/app-error.ts';
import { events } from '../../src-shared/contract/contract.ts';
import type { CheckedParams, RequestResult, SlowRequestName } from '../../src-shared/contract/contract.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import { datasetDocumentSchema } from '../../src-shared/data/dataset-document.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { dataRecordSchema, recordedDataSchema } from '../../src-shared/data/data-change.ts';
import type { RecordedData } from '../../src-shared/data/data-change.ts';
import { featureSpecSchema, rowCountsSchema } from '../../src-shared/data/prepared.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import { modelDocumentSchema } from '../../src-shared/document/schema/model-document.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { issuesText } from '../../src-shared/text/issue-text.ts';
import { recordedSettingsSchema } from '../../src-shared/training/commands/run-command.ts';
import type { RunCommand } from '../../src-shared/training/commands/run-command.ts';
import { trainingConfigurationSchema } from '../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { optimizerKinds } from '../../src-shared/training/configuration/optimizers.ts';
import {
  endedBySchema,
  engineNameSchema,
  metricValuesSchema,
  testResultSchema,
} from '../../src-shared/training/run/run.ts';
import type { EngineName, EngineUse } from '../../src-shared/training/run/run.ts';
import { freezingProofSchema } from '../../src-shared/training/run/freezing-proof.ts';
import type { RunWeights } from '../../src-shared/training/run/run-weights.ts';
import { historyIdentitySchema } from '../runs/history-place.ts';
import { executionSchema, finishedEpochSchema, logLevelSchema, writtenCheckpointSchema } from '../runs/types.ts';

/** Messages between core and a trainer process. They hold no tensors: checkpoints are files. */

/** A checkpoint file. */
const checkpointRefSchema = z.object({
  /** The project's `artifacts` folder. */
  folder: z.string(),
  sha256: z.string(),
});
export type CheckpointRef = z.infer<typeof checkpointRefSchema>;

/** A checkpoint of the best epoch so far. */
const bestCheckpointSchema = checkpointRefSchema.extend({ epoch: z.number().int(), metrics: metricValuesSchema });
export type BestCheckpoint = z.infer<typeof bestCheckpointSchema>;

/** What trains: one process, one run. */
const trainJobSchema = z.object({
  runId: z.string(),
  projectFolder: z.string(),
  /** Where checkpoint files go. */
  artifacts: z.string(),
  /** The project's run history. If the project has another one, it was moved, and nothing may be written. */
  history: historyIdentitySchema,
  model: modelDocumentSchema,
  dataset: datasetDocumentSchema,
  configuration: trainingConfigurationSchema,
  /** Where the first weights come from; null: from the seed. */
  start: checkpointRefSchema
    .extend({
      mode: z.enum(['resume', 'weights']),
      best: bestCheckpointSchema.nullable(),
      /** The callback that completed the run that is resumed. */
      endedBy: endedBySchema.nullable(),
      /** Of the run that is resumed. */
      optimizer: z.enum(optimizerKinds).nullable(),
    })
    .nullable(),
  /** The run that is resumed or repeated; null: none. */
  earlier: z
    .object({
      purpose: z.enum(['resumed', 'repeated']),
      dataset: datasetDocumentSchema,
      /** Applied to the data, so that the weights are given what they were trained on. */
      featureSpec: featureSpecSchema.nullable(),
      data: recordedDataSchema,
      versions: z.record(z.string(), z.string()),
    })
    .nullable(),
  /** The configuration's engine is that of an earlier run: if it cannot be used, another one trains. */
  engineAsRecorded: z.boolean(),
  /** Spec of the weights that a new run starts from; null: it starts from the seed. */
  weightsSpec: featureSpecSchema.nullable(),
  /** How the earlier run was carried out; null: measured. */
  execution: executionSchema.nullable(),
  /** Settings of the earlier run, to be applied at their positions, in order. */
  commands: z.array(recordedSettingsSchema),
  /** `seq` of the command that begins the first phase; the trainer plans them. Absent: `commands` has them. */
  firstPhaseSeq: z.number().int().positive().optional(),
});
export type TrainJob = z.infer<typeof trainJobSchema>;

/** A run's data as it recorded it. */
export type TrainedData = Pick<TrainedModel, 'dataset' | 'data'>;

/** A run's weights with all that is needed to use them. */
export interface TrainedModel {
  readonly runId: string;
  readonly model: ModelDocument;
  readonly dataset: DatasetDocument;
  readonly configuration: TrainingConfiguration;
  readonly featureSpec: FeatureSpec;
  readonly data: RecordedData;
  readonly engine: EngineName | null;
  readonly checkpoint: CheckpointRef;
  /** What the checkpoint is. */
  readonly weights: RunWeights;
}

/** Slow requests on runs are calls to a trainer process. */
type CallName = SlowRequestName extends infer Name ? (Name extends `runs.${infer Call}` ? Call : never) : never;

/** What core looks up for a call in place of the request's run and checkpoint. */
interface CallSubjects {
  evaluate: { trained: TrainedModel; projectFolder: string };
  predict: { trained: TrainedModel; projectFolder: string };
  /** Compares the files only. */
  dataChange: { trained: TrainedData; projectFolder: string };
  samples: { dataset: DatasetDocument; featureSpec: FeatureSpec | null; projectFolder: string };
  weightChanges: { trained: TrainedModel; initial: CheckpointRef };
  export: { trained: TrainedModel; projectFolder: string };
}

/** Calls that only the command line makes; the window has no request for them. */
interface FurtherCalls {
  predictTensors: {
    params: {
      model: ModelDocument;
      /** Of the data that the weights were trained on; null: the Inputs give the shapes. */
      featureSpec: FeatureSpec | null;
      /** Of Monte Carlo layers. */
      seed: number;
      weights: CheckpointRef;
      /** The engine that trained the weights; null: the preferred one. */
      engine: EngineName | null;
      /** A `.npz` file with an array for each Input, by name. */
      input: string;
      /** The `.npz` file to write, with an array for each Output, by name. */
      output: string;
    };
    result: { rows: number; engine: EngineUse; outputs: { name: string; shape: number[] }[] };
    progress: RequestProgress;
  };
}

export type TrainerCalls = FurtherCalls & {
  [Name in CallName]: {
    params: CallSubjects[Name] & Omit<CheckedParams<`runs.${Name}`>, 'runId' | 'checkpoint'>;
    result: RequestResult<`runs.${Name}`>;
    progress: RequestProgress;
  };
};

export type ToTrainer =
  | { kind: 'train'; job: TrainJob }
  /** Applied between two steps and confirmed by `applied` or `refused`. */
  | { kind: 'command'; seq: number; command: RunCommand }
  /** Core cannot record updates and its buffer is full: training waits until it is released. */
  | { kind: 'hold' }
  | { kind: 'release' };

/** Where a run is, as the windows see it. */
const runProgressSchema = events['run.progress'].omit({
  runId: true,
  seq: true,
  state: true,
  epochs: true,
  points: true,
});
export type RunProgress = z.infer<typeof runProgressSchema>;

/** Progress since the last update; at most ten a second. */
const updateSchema = runProgressSchema.extend({
  /** Step that the first loss belongs to; steps count from 1. */
  firstStep: z.number().int(),
  losses: z.instanceof(Float32Array),
  epochs: z.array(finishedEpochSchema),
});
export type Update = z.infer<typeof updateSchema>;

const fromTrainerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('activity'), activity: z.string() }),
  z.object({
    kind: z.literal('prepared'),
    featureSpec: featureSpecSchema,
    rowCounts: rowCountsSchema,
    dataFingerprint: z.string(),
    dataRecord: dataRecordSchema,
    engine: engineNameSchema,
    device: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  /** The commands that will begin the phases. */
  z.object({ kind: z.literal('planned'), commands: z.array(recordedSettingsSchema) }),
  z.object({ kind: z.literal('execution'), execution: executionSchema }),
  z.object({ kind: z.literal('update'), update: updateSchema }),
  /** Recorded in one transaction, so that `last` and `best` always belong together. */
  z.object({ kind: z.literal('checkpoints'), checkpoints: z.array(writtenCheckpointSchema) }),
  z.object({ kind: z.literal('log'), level: logLevelSchema, message: z.string() }),
  /** After the steps and epochs before it. */
  z.object({
    kind: z.literal('applied'),
    seq: z.number().int(),
    step: z.number().int(),
    epoch: z.number().int(),
  }),
  /** The message says why the command cannot be applied. */
  z.object({ kind: z.literal('refused'), seq: z.number().int(), message: z.string() }),
  /** After the last step. */
  z.object({ kind: z.literal('freezing'), proof: freezingProofSchema }),
  z.object({ kind: z.literal('test'), result: testResultSchema }),
  z.object({ kind: z.literal('finished'), state: z.enum(['completed', 'stopped']), endedBy: endedBySchema.nullable() }),
  z.object({ kind: z.literal('failed'), error: appErrorSchema }),
]);
export type FromTrainer = z.infer<typeof fromTrainerSchema>;

/** Checks a job in the trainer. @throws AppError 'training/bad-message' naming what is wrong. */
export const checkedJob = (job: unknown): TrainJob => checked(trainJobSchema, job);

/** Checks a trainer's message in core. @throws AppError 'training/bad-message' naming what is wrong. */
export const checkedMessage = (message: unknown): FromTrainer => checked(fromTrainerSchema, message);

function checked<Message>(schema: z.ZodType<Message>, message: unknown): Message {
  const { success, data, error } = schema.safeParse(message);
  if (success) return data;
  throw new AppError(
    'training/bad-message',
    `Core and trainer do not understand each other: ${issuesText(error, message)}. Lamina was probably updated while it ran: restart it.`,
  );
}

export type Send = (message: FromTrainer) => void;

/** Error of resuming a run that has reached its last epoch. */
export function nothingLeft(epoch: number, epochs: number): AppError {
  return new AppError(
    'training/nothing-left',
    `The checkpoint is at the end of epoch ${epoch} and the configuration asks for ${epochs}. Set more epochs to continue.`,
    { epoch, epochs },
  );
}
