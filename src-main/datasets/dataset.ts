import type { SplitTensors } from '../engines/engine.ts';
import type { FeatureSpec, RowCounts } from '../../src-shared/dataset/prepared.ts';
import type { SplitName } from '../../src-shared/dataset/dataset-document.ts';

/** A dataset document turned into tensors: read, split, fitted on training rows, encoded. */
export interface PreparedDataset {
  readonly spec: FeatureSpec;
  readonly rows: RowCounts;
  readonly splits: Readonly<Record<SplitName, SplitTensors>>;
  /** sha256 hex over the document's source, columns and split and over the bytes of the files it names. */
  readonly fingerprint: string;
}
