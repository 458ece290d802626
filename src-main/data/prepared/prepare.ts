import { createHash } from 'node:crypto';
import type { DatasetDocument, SplitName } from '../../../src-shared/data/dataset-document.ts';
import { featureTensors, withStatistics } from '../../../src-shared/data/feature-tensors.ts';
import { pairsOf } from '../../../src-shared/data/pairs.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import type { SplitTensors } from '../../engines/interface/engine.ts';
import type { PreparedDataset, PrepareOptions } from '../rows/dataset.ts';
import { requireFit, documentForSpec } from '../features/apply-spec.ts';
import { encodeFeatures, type UnseenCounts } from '../features/encode-table.ts';
import { encodeTargets } from '../features/encode-targets.ts';
import { fingerprintOf } from './fingerprint.ts';
import { fitFeatures } from '../features/fit-features.ts';
import { exampleStatistics } from '../features/example-statistics.ts';
import { splitSource } from '../rows/split-source.ts';
import type { TableRows } from '../tables/table.ts';

const readingShare = 0.7;
/** Bytes per call of `hash.update`, which accepts at most 2 GiB. */
const HASH_CHUNK_BYTES = 2 ** 28;

/**
 * Reads a document's source, splits its rows, fits the spec on training rows and encodes every split.
 * With `options.apply` nothing is fitted: the recorded spec is applied, so that old weights get the
 * same encoding as in training, even if fitting has changed since.
 *
 * @param projectFolder Base of relative paths.
 * @throws AppError `dataset/…` naming file and position; the signal's reason if aborted.
 */
export async function prepareDataset(
  document: DatasetDocument,
  projectFolder: string,
  options: PrepareOptions = {},
): Promise<PreparedDataset> {
  const { onProgress, signal, apply } = options;
  const read = apply === undefined ? document : documentForSpec(document, apply);
  const source = await splitSource(read, projectFolder, {
    signal,
    onProgress: (fraction, activity) => onProgress?.(fraction * readingShare, activity),
  });
  signal?.throwIfAborted();
  if (apply === undefined) onProgress?.(readingShare, 'Fitting features on training rows');
  else for (const rows of Object.values(source.splits)) requireFit(apply, rows);
  const fitted = apply ?? fitFeatures(source.roles, source.splits.train, pairsOf(document) !== null);
  const warnings = [...source.warnings];
  const encode = (name: SplitName, fraction: number): SplitTensors => {
    signal?.throwIfAborted();
    onProgress?.(fraction, `Encoding ${name} rows`);
    const all = source.splits[name];
    const rows = options.encode?.includes(name) === false ? { ...all, rows: new Int32Array(0) } : all;
    return encodeSplit(fitted, name, rows, warnings);
  };
  const splits = { train: encode('train', 0.75), validation: encode('validation', 0.85), test: encode('test', 0.9) };
  const statistics = (): Pick<FeatureSpec, 'statistics' | 'furtherStatistics'> =>
    withStatistics(
      featureTensors(fitted).map(({ input, columns }) => [input, exampleStatistics(splits.train[input]!, columns)]),
    );
  const spec: FeatureSpec = apply ?? { ...fitted, ...statistics() };
  onProgress?.(0.95, 'Computing the data’s fingerprint');
  const { fingerprint, files } = await fingerprintOf(document, projectFolder, { signal });
  const hashOf = (name: SplitName): string | null => {
    return options.encode?.includes(name) === false ? null : hashOfSplit(splits[name]);
  };
  const hashes = { train: hashOf('train'), validation: hashOf('validation'), test: hashOf('test') };
  signal?.throwIfAborted();
  onProgress?.(1, 'Data ready');
  const { train, validation, test } = source.splits;
  return {
    spec,
    rows: {
      train: train.rows.length,
      validation: validation.rows.length,
      test: test.rows.length,
      dropped: source.dropped,
      ...((document.filter ?? []).length === 0 ? {} : { filtered: source.filtered }),
    },
    splits,
    fingerprint,
    record: { files, columns: [...source.columns], splits: hashes },
    warnings,
  };
}

/** sha256 of a split's encoded tensors; equal for equal rows from different files. */
function hashOfSplit({ x, y, ...further }: SplitTensors): string {
  const hash = createHash('sha256');
  for (const tensor of [x, ...Object.values(further), y]) {
    const { offset, scale } = tensor.dtype === 'uint8' ? tensor : { offset: 0, scale: 1 };
    hash.update(JSON.stringify([tensor.dtype, tensor.shape, offset, scale]));
    const { buffer, byteOffset, byteLength } = tensor.data;
    for (let start = 0; start < byteLength; start += HASH_CHUNK_BYTES) {
      hash.update(new Uint8Array(buffer, byteOffset + start, Math.min(HASH_CHUNK_BYTES, byteLength - start)));
    }
  }
  return hash.digest('hex');
}

function encodeSplit(spec: FeatureSpec, name: SplitName, rows: TableRows, warnings: string[]): SplitTensors {
  const unseen: UnseenCounts = new Map();
  const tensors = { ...encodeFeatures(spec, rows, unseen), y: encodeTargets(spec, rows) };
  for (const [column, count] of unseen) {
    warnings.push(
      `${column}: ${count} ${name} ${count === 1 ? 'row has a value' : 'rows have values'} that no training row has; encoded as zeros.`,
    );
  }
  return tensors;
}
