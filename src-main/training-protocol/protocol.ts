import type { AppErrorData } from '../../src-shared/errors/app-error.ts';
import type { InputRow, RowPrediction, Sample, WeightChange } from '../../src-shared/contract/contract.ts';
import type { DatasetDocument, SplitName } from '../../src-shared/data/dataset-document.ts';
import type { DataChange, DataRecord, RecordedData } from '../../src-shared/data/data-change.ts';
import type { FeatureSpec, RowCounts } from '../../src-shared/data/prepared.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { EngineName, EngineUse, MetricValues, TestResult } from '../../src-shared/training/run/run.ts';
import type { RunWeights } from '../../src-shared/training/run/run-weights.ts';
import type { Checkpoint, Execution, FinishedEpoch, LogLine } from '../runs/types.ts';

/**
 * Messages between core and a trainer process, over Node's process messages with
 * `serialization: 'advanced'`. Tensors do not cross: checkpoints are files.
 */

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

/** Short jobs and their results. */
export interface Jobs {
  evaluate: { params: { trained: TrainedModel; projectFolder: string; split: SplitName }; result: TestResult };
  predict: { params: { trained: TrainedModel; rows: readonly InputRow[]; draws: number }; result: RowPrediction[] };
  /** Of the files alone; nothing is read but them. */
  dataChange: { params: { trained: TrainedData; projectFolder: string; split: SplitName }; result: DataChange | null };
  samples: {
    params: {
      dataset: DatasetDocument;
      featureSpec: FeatureSpec | null;
      projectFolder: string;
      split: SplitName;
      count: number;
      offset: number;
    };
    result: Sample[];
  };
  weightChanges: {
    params: { trained: TrainedModel; initial: CheckpointRef };
    result: WeightChange[];
  };
  export: {
    params: { trained: TrainedModel; projectFolder: string; format: 'savedmodel'; folder: string };
    result: {
      folder: string;
      files: string[];
      sizeBytes: number;
      maxDifference: number | null;
      engine: EngineUse;
      dataChange: DataChange | null;
    };
  };
}
export type JobName = keyof Jobs;

export type JobMessage = {
  [Name in JobName]: { kind: 'job'; id: number; name: Name; params: Jobs[Name]['params'] };
}[JobName];

export type ToTrainer =
  | { kind: 'train'; job: TrainJob }
  | { kind: 'stop' }
  /** Core cannot record updates and its buffer is full: training waits until it is released. */
  | { kind: 'hold' }
  | { kind: 'release' }
  | JobMessage;

/** Progress since the last one; at most ten a second. */
export interface Update {
  readonly activity: string;
  /** Optimizer updates so far, those before a resumed checkpoint included. */
  readonly step: number;
  readonly totalSteps: number;
  /** The epoch that is being trained, from 1. */
  readonly epoch: number;
  readonly stepsPerSecond: number | null;
  readonly secondsLeft: number | null;
  /** Running averages of the epoch. */
  readonly metrics: MetricValues;
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
  | { kind: 'failed'; error: AppErrorData }
  | { kind: 'result'; id: number; result: Jobs[JobName]['result'] }
  | { kind: 'error'; id: number; error: AppErrorData };

export type Send = (message: FromTrainer) => void;
