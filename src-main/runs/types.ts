import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { DataRecord } from '../../src-shared/data/data-change.ts';
import type { FeatureSpec, RowCounts } from '../../src-shared/data/prepared.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type {
  CheckpointKind,
  ContinueFrom,
  EngineName,
  EpochRecord,
  MetricValues,
} from '../../src-shared/training/run/run.ts';

/** What is known of a run before its trainer starts. */
export interface NewRun {
  /** Absent: 'run 14'. */
  readonly name?: string | undefined;
  readonly model: ModelDocument;
  readonly dataset: DatasetDocument;
  readonly configuration: TrainingConfiguration;
  /** e.g. { lamina: '0.1.0', node: '24.21.0' }. */
  readonly versions: Readonly<Record<string, string>>;
  readonly continueFrom?: ContinueFrom | undefined;
  /** The configuration's engine is that of an earlier run: where it cannot be used, another one trains. */
  readonly engineAsRecorded?: boolean | undefined;
  /** The run that this one trains once more, with its steps per call and threads. */
  readonly repeats?: string | undefined;
}

/** How the steps were carried out; the result does not depend on it, the speed does. */
export interface Execution {
  /** Null: not decided, for the run was too short. */
  readonly stepsPerCall: number | null;
  readonly intraOpThreads: number;
}

/** What is learned while a run is prepared. */
export interface RunPreparation {
  readonly featureSpec?: FeatureSpec;
  readonly rowCounts?: RowCounts;
  readonly dataFingerprint?: string;
  readonly dataRecord?: DataRecord;
  readonly engine?: EngineName;
  readonly device?: string;
  /** Added to those known. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly execution?: Execution;
}

/** An epoch that has just ended. */
export interface FinishedEpoch {
  readonly record: EpochRecord;
  /** True where it is the best so far. */
  readonly best: boolean;
}

/** A saved state of weights and optimizer. */
export interface Checkpoint {
  readonly kind: CheckpointKind;
  /** Epochs finished when it was taken. */
  readonly epoch: number;
  /** Optimizer updates so far. */
  readonly step: number;
  /** Batches of the next epoch already trained on; 0 at an epoch's end. */
  readonly batch: number;
  readonly metrics: MetricValues;
  /** Content hash; the file is `artifacts/<sha256>.safetensors`. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface LogLine {
  readonly at: string;
  readonly level: 'info' | 'warning' | 'error' | 'debug';
  readonly message: string;
}
