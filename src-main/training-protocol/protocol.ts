import type { AppErrorData } from '../../src-shared/errors/app-error.ts';
import type {
  CheckedParams,
  EventPayload,
  RequestResult,
  SlowRequestName,
} from '../../src-shared/contract/contract.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { DataRecord, RecordedData } from '../../src-shared/data/data-change.ts';
import type { FeatureSpec, RowCounts } from '../../src-shared/data/prepared.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { EngineName, MetricValues, TestResult } from '../../src-shared/training/run/run.ts';
import type { RunWeights } from '../../src-shared/training/run/run-weights.ts';
import type { Checkpoint, Execution, FinishedEpoch, LogLine } from '../runs/types.ts';

/** Messages between core and a trainer process. They hold no tensors: checkpoints are files. */

/** A checkpoint file. */
export interface CheckpointRef {
  /** The project's `artifacts` folder. */
  readonly folder: string;
  readonly sha256: string;
}

/** A checkpoint of the best epoch so far. */
export interface BestCheckpoint extends CheckpointRef {
  readonly epoch: number;
  readonly metrics: MetricValues;
}

/** What trains: one process, one run. */
export interface TrainJob {
  readonly runId: string;
  readonly projectFolder: string;
  /** Where checkpoint files go. */
  readonly artifacts: string;
  readonly model: ModelDocument;
  readonly dataset: DatasetDocument;
  readonly configuration: TrainingConfiguration;
  /** Where the first weights come from; null: from the seed. */
  readonly start:
    (CheckpointRef & { readonly mode: 'resume' | 'weights'; readonly best: BestCheckpoint | null }) | null;
  /** The run that is resumed or repeated; null: none. */
  readonly earlier: {
    readonly purpose: 'resumed' | 'repeated';
    readonly dataset: DatasetDocument;
    /** Applied to the data, so that the weights are given what they were trained on. */
    readonly featureSpec: FeatureSpec | null;
    readonly data: RecordedData;
    readonly versions: Readonly<Record<string, string>>;
  } | null;
  /** The configuration's engine is that of an earlier run: where it cannot be used, another one trains. */
  readonly engineAsRecorded: boolean;
  /** The spec that the weights were trained with which a new run starts from; null: it starts from the seed. */
  readonly weightsSpec: FeatureSpec | null;
  /** How that run was carried out; null: measured. */
  readonly execution: Execution | null;
}

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
  predict: { trained: TrainedModel };
  /** Compares the files only. */
  dataChange: { trained: TrainedData; projectFolder: string };
  samples: { dataset: DatasetDocument; featureSpec: FeatureSpec | null; projectFolder: string };
  weightChanges: { trained: TrainedModel; initial: CheckpointRef };
  export: { trained: TrainedModel; projectFolder: string };
}

export type TrainerCalls = {
  [Name in CallName]: {
    params: CallSubjects[Name] & Omit<CheckedParams<`runs.${Name}`>, 'runId' | 'checkpoint'>;
    result: RequestResult<`runs.${Name}`>;
  };
};

export type ToTrainer =
  | { kind: 'train'; job: TrainJob }
  | { kind: 'stop' }
  /** Core cannot record updates and its buffer is full: training waits until it is released. */
  | { kind: 'hold' }
  | { kind: 'release' };

/** Where a run is, as the windows see it. */
export type RunProgress = Omit<EventPayload<'run.progress'>, 'runId' | 'seq' | 'state' | 'epochs' | 'points'>;

/** Progress since the last update; at most ten a second. */
export interface Update extends RunProgress {
  /** Step that the first loss belongs to; steps count from 1. */
  readonly firstStep: number;
  readonly losses: Float32Array;
  readonly epochs: readonly FinishedEpoch[];
}

export type FromTrainer =
  | { kind: 'activity'; activity: string }
  | {
      kind: 'prepared';
      featureSpec: FeatureSpec;
      rowCounts: RowCounts;
      dataFingerprint: string;
      dataRecord: DataRecord;
      engine: EngineName;
      device: string;
      versions: Record<string, string>;
    }
  | { kind: 'execution'; execution: Execution }
  | { kind: 'update'; update: Update }
  /** Recorded in one transaction, so that `last` and `best` always belong together. */
  | { kind: 'checkpoints'; checkpoints: readonly Checkpoint[] }
  | { kind: 'log'; level: LogLine['level']; message: string }
  | { kind: 'test'; result: TestResult }
  | { kind: 'finished'; state: 'completed' | 'stopped' }
  | { kind: 'failed'; error: AppErrorData };

export type Send = (message: FromTrainer) => void;
