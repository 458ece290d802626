import type { SessionData } from '../../engines/interface/engine.ts';
import type { DataRecord } from '../../../src-shared/data/data-change.ts';
import type { FeatureSpec, RowCounts } from '../../../src-shared/data/prepared.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';

/** The encoded data of a dataset document. */
export interface PreparedDataset {
  readonly spec: FeatureSpec;
  readonly rows: RowCounts;
  /** A split with fraction 0, or one that was not encoded, has no examples. */
  readonly examples: SessionData;
  /** sha256 hex of the document's source, columns and split, and of the bytes of its files. */
  readonly fingerprint: string;
  readonly record: DataRecord;
  /** Warnings for the user: categories that are not in the training rows, rows in no split. */
  readonly warnings: readonly string[];
}

/** @param fraction 0 to 1 over the whole preparation. @param activity Human-readable current step. */
export type PrepareProgress = (fraction: number, activity: string) => void;

export interface PrepareOptions {
  /** A recorded spec to apply instead of fitting. Absent: fit on training rows. */
  readonly apply?: FeatureSpec | undefined;
  /** Splits to encode; for the others only rows are counted. Absent: all. */
  readonly encode?: readonly SplitName[] | undefined;
  readonly onProgress?: PrepareProgress | undefined;
  /** Aborts the preparation with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
