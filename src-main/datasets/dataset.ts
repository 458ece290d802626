import type { SplitTensors } from '../engines/engine.ts';
import type { FeatureSpec, RowCounts } from '../../src-shared/dataset/prepared.ts';
import type { SplitName } from '../../src-shared/dataset/dataset-document.ts';

/** A dataset document turned into tensors: read, split, fitted on training rows, encoded. */
export interface PreparedDataset {
  readonly spec: FeatureSpec;
  readonly rows: RowCounts;
  /** A split whose fraction is 0 has no rows: its tensors have a first axis of 0. */
  readonly splits: Readonly<Record<SplitName, SplitTensors>>;
  /** sha256 hex over the document's source, columns and split and over the bytes of the files it names. */
  readonly fingerprint: string;
  /** What a person should know and nothing stopped for: categories unseen in training, rows left over. */
  readonly warnings: readonly string[];
}

/** @param fraction 0 to 1 over the whole preparation. @param activity What is happening, for a person. */
export type PrepareProgress = (fraction: number, activity: string) => void;

export interface PrepareOptions {
  readonly onProgress?: PrepareProgress | undefined;
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
