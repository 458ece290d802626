import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { issueText } from '../text/issue-text.ts';
import { migrate, ofVersion, type Migration } from '../text/migrate.ts';
import { formatAndVersion, newerVersion } from '../text/document-version.ts';
import { DATASET_FORMAT, DATASET_VERSION, datasetDocumentSchema, type DatasetDocument } from './dataset-document.ts';

const MIGRATIONS: readonly Migration[] = [
  // 2: pictures, pairs and row filters, all optional.
  (document) => document,
];

/** Converts a dataset document of an earlier version, for example of a run's record; returns other values unchanged. */
export const datasetOfThisVersion = (value: unknown): unknown => ofVersion(value, MIGRATIONS, DATASET_VERSION);

const envelopeSchema = z.looseObject({ format: z.literal(DATASET_FORMAT), version: z.number().int().min(1) });

export interface ParsedDataset {
  readonly document: DatasetDocument;
  /** `document/newer-version` if a newer Lamina wrote it. */
  readonly warnings: readonly AppError[];
}

/**
 * Parses a dataset document. One of a newer version is read if it fits the current schema.
 *
 * @param value Parsed JSON.
 * @param file Name for messages.
 * @throws AppError `dataset/not-a-dataset` if it is not a dataset document, `dataset/damaged-document`
 *   naming each invalid field, `document/newer-version` if a newer version does not fit the schema.
 */
export function parseDatasetDocument(value: unknown, file = 'The dataset'): ParsedDataset {
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) {
    throw new AppError(
      'dataset/not-a-dataset',
      `${file} is not a dataset document. Expected format '${DATASET_FORMAT}' and a version; received ${formatAndVersion(value)}. Choose a *.dataset.json file, or restore it from a copy.`,
      {},
    );
  }
  const { version } = envelope.data;
  const newer = version > DATASET_VERSION ? newerVersion(file, version, DATASET_VERSION) : null;
  const migrated = newer
    ? { ...envelope.data, version: DATASET_VERSION }
    : migrate(envelope.data, version, MIGRATIONS, DATASET_VERSION);
  const parsed = datasetDocumentSchema.safeParse(migrated);
  if (parsed.success) return { document: parsed.data, warnings: newer === null ? [] : [newer] };
  if (newer !== null) throw newer;
  const fields = parsed.error.issues.map((issue) => issueText(issue, migrated));
  throw new AppError(
    'dataset/damaged-document',
    `${file} is damaged. ${fields.slice(0, 5).join('; ')}. Correct these fields, or import the data again.`,
    { fields },
  );
}
