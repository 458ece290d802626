import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { issueText } from '../text/issue-text.ts';
import { formatAndVersion, newerVersion } from '../text/document-version.ts';
import { DATASET_FORMAT, DATASET_VERSION, datasetDocumentSchema, type DatasetDocument } from './dataset-document.ts';

/** Converts the JSON of one version to the next. */
type Migration = (document: Record<string, unknown>) => Record<string, unknown>;

/** `MIGRATIONS[n]` converts version n + 1 to n + 2; without gaps. The current version is 1. */
export const MIGRATIONS: readonly Migration[] = [];

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
  const migrated = newer ? { ...envelope.data, version: DATASET_VERSION } : migrateDataset(envelope.data, version);
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

/**
 * Converts a document to the current version.
 * @throws AppError `document/no-migration` if a migration is missing: a bug of this build.
 */
export function migrateDataset(
  document: Record<string, unknown>,
  version: number,
  migrations: readonly Migration[] = MIGRATIONS,
  target: number = DATASET_VERSION,
): Record<string, unknown> {
  let current = document;
  for (let from = version; from < target; from++) {
    const migration = migrations[from - 1];
    if (migration === undefined) {
      throw new AppError('document/no-migration', `No migration from dataset version ${from} to ${from + 1}.`);
    }
    current = { ...migration(current), version: from + 1 };
  }
  return current;
}
