import type { SplitTensors } from '../../engines/interface/engine.ts';
import type { DataRecord } from '../../../src-shared/data/data-change.ts';
import type { FeatureSpec, RowCounts } from '../../../src-shared/data/prepared.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';

/** A dataset document turned into tensors: read, split, fitted on training rows or by a recorded spec, encoded. */
export interface PreparedDataset {
  readonly spec: FeatureSpec;
  readonly rows: RowCounts;
  /** A split whose fraction is 0, or that was not to be encoded, has a first axis of 0. */
  readonly splits: Readonly<Record<SplitName, SplitTensors>>;
  /** sha256 hex over the document's source, columns and split and over the bytes of the files it names. */
  readonly fingerprint: string;
  readonly record: DataRecord;
  /** What a person should know and nothing stopped for: categories unseen in training, rows left over. */
  readonly warnings: readonly string[];
}

/** @param fraction 0 to 1 over the whole preparation. @param activity What is happening, for a person. */
export type PrepareProgress = (fraction: number, activity: string) => void;

export interface PrepareOptions {
  /** What a run recorded: nothing is fitted then, the spec is used as it is. Absent: fitted on training rows. */
  readonly apply?: FeatureSpec | undefined;
  /** The only splits to encode; the others come with their count and without rows. Absent: all. */
  readonly encode?: readonly SplitName[] | undefined;
  readonly onProgress?: PrepareProgress | undefined;
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
