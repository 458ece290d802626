import { createHash } from 'node:crypto';
import type { DatasetDocument, SplitName } from '../../../src-shared/data/dataset-document.ts';
import { featureTensors, withStatistics } from '../../../src-shared/data/feature-tensors.ts';
import { pairsOf } from '../../../src-shared/data/pairs.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { examplesOfSplit, rowLength, scalingOf, type ExampleRows } from '../../engines/interface/example-rows.ts';
import type { PreparedDataset, PrepareOptions } from '../rows/dataset.ts';
import { requireFit, documentForSpec } from '../features/apply-spec.ts';
import { encodeExamples } from '../features/encode-examples.ts';
import type { UnseenCounts } from '../features/encode-table.ts';
import { fingerprintOf } from './fingerprint.ts';
import { fitFeatures } from '../features/fit-features.ts';
import { exampleStatistics } from '../features/example-statistics.ts';
import { madeTargetSpec } from '../rows/made-target.ts';
import { splitSource, type SplitSource } from '../rows/split-source.ts';
import type { TableRows } from '../tables/table.ts';

const readingShare = 0.7;
/** Progress at which the encoding of a split starts. */
const encodingStart = { train: 0.75, validation: 0.85, test: 0.9 };
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
  const fitted = apply ?? fitSource(document, source);
  const warnings = [...source.warnings];
  const isEncoded = (name: SplitName): boolean => options.encode?.includes(name) !== false;
  const rowsOf = (name: SplitName): TableRows =>
    isEncoded(name) ? source.splits[name] : { ...source.splits[name], rows: new Int32Array(0) };
  const { examples, unseen } = encodeExamples(
    fitted,
    { train: rowsOf('train'), validation: rowsOf('validation'), test: rowsOf('test') },
    (name) => {
      signal?.throwIfAborted();
      onProgress?.(encodingStart[name], `Encoding ${name} rows`);
    },
  );
  for (const [name, counts] of unseen) warnings.push(...unseenWarnings(name, counts));
  const spec = apply ?? withTrainingStatistics(fitted, examplesOfSplit(examples, 'train'));
  onProgress?.(0.95, 'Computing the data’s fingerprint');
  const { fingerprint, files } = await fingerprintOf(document, projectFolder, { signal });
  const hashOf = (name: SplitName): string | null =>
    isEncoded(name) ? hashOfExamples(examplesOfSplit(examples, name)) : null;
  const hashes = { train: hashOf('train'), validation: hashOf('validation'), test: hashOf('test') };
  signal?.throwIfAborted();
  onProgress?.(1, 'Data ready');
  return {
    spec,
    rows: {
      train: source.splits.train.rows.length,
      validation: source.splits.validation.rows.length,
      test: source.splits.test.rows.length,
      dropped: source.dropped,
      ...((document.filter ?? []).length === 0 ? {} : { filtered: source.filtered }),
    },
    examples,
    fingerprint,
    record: { files, columns: [...source.columns], splits: hashes },
    warnings,
  };
}

function fitSource(document: DatasetDocument, { roles, splits, fitted }: SplitSource): FeatureSpec {
  const { made } = document;
  if (made === undefined) return fitFeatures(roles, splits.train, pairsOf(document) !== null);
  const features = fitFeatures({ ...roles, targets: [] }, fitted ?? splits.train);
  return { ...features, targets: [madeTargetSpec(made, splits.train)] };
}

function withTrainingStatistics(fitted: FeatureSpec, train: ExampleRows): FeatureSpec {
  const byInput = featureTensors(fitted).map(
    ({ input, columns }) => [input, exampleStatistics(train[input]!, columns)] as const,
  );
  return { ...fitted, ...withStatistics(byInput) };
}

/** sha256 of encoded examples; equal for equal rows from different files. */
function hashOfExamples({ x, y, ...further }: ExampleRows): string {
  const hash = createHash('sha256');
  for (const { array, rows } of [x, ...Object.values(further), y]) {
    const { offset, scale } = scalingOf(array);
    hash.update(JSON.stringify([array.dtype, [rows.length, ...array.shape.slice(1)], offset, scale]));
    const { buffer, byteOffset } = array.data;
    const rowBytes = rowLength(array) * array.data.BYTES_PER_ELEMENT;
    for (const { first, count } of runsOf(rows)) {
      const end = byteOffset + (first + count) * rowBytes;
      for (let start = byteOffset + first * rowBytes; start < end; start += HASH_CHUNK_BYTES) {
        hash.update(new Uint8Array(buffer, start, Math.min(HASH_CHUNK_BYTES, end - start)));
      }
    }
  }
  return hash.digest('hex');
}

/** Runs of consecutive rows, so that rows of a few bytes are hashed together. */
function* runsOf(rows: Int32Array): Generator<{ first: number; count: number }> {
  let start = 0;
  for (let i = 1; i <= rows.length; i++) {
    if (i < rows.length && rows[i] === rows[i - 1]! + 1) continue;
    yield { first: rows[start]!, count: i - start };
    start = i;
  }
}

function unseenWarnings(name: SplitName, unseen: UnseenCounts): string[] {
  return [...unseen].map(
    ([column, count]) =>
      `${column}: ${count} ${name} ${count === 1 ? 'row has a value' : 'rows have values'} that no training row has; encoded as zeros.`,
  );
}
