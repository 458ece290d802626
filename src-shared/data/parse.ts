import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { issueText } from '../text/issue-text.ts';
import { formatAndVersion, newerVersion } from '../text/document-version.ts';
import { DATASET_FORMAT, DATASET_VERSION, datasetDocumentSchema, type DatasetDocument } from './dataset-document.ts';

/** Turns the JSON of one version into that of the next. */
type Migration = (document: Record<string, unknown>) => Record<string, unknown>;

/** `MIGRATIONS[n]` leads from version n + 1 to n + 2; gapless. Version 1 is the first, so there is none yet. */
export const MIGRATIONS: readonly Migration[] = [];

const envelopeSchema = z.looseObject({ format: z.literal(DATASET_FORMAT), version: z.number().int().min(1) });

export interface ParsedDataset {
  readonly document: DatasetDocument;
  /** `document/newer-version` where a later Lamina wrote it. */
  readonly warnings: readonly AppError[];
}

/**
 * Reads a dataset document; one of a newer version where it still has the form of this one.
 *
 * @param value Parsed JSON.
 * @param file Named in messages.
 * @throws AppError `dataset/not-a-dataset` where it is something else, `dataset/damaged-document` naming
 *   each field that is wrong, `document/newer-version` where nothing of a later Lamina's can be used.
 */
export function parseDatasetDocument(value: unknown, file = 'The dataset'): ParsedDataset {
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) {
    throw new AppError(
      'dataset/not-a-dataset',
      `${file} is no dataset document: expected format '${DATASET_FORMAT}' and a version; received ${formatAndVersion(value)}. Choose a *.dataset.json file, or restore it from a copy.`,
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
 * Brings a document to the current version.
 * @throws AppError `document/no-migration` where a step is missing, which is a fault of this build.
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
      throw new AppError('document/no-migration', `No way leads from dataset version ${from} to ${from + 1}.`);
    }
    current = { ...migration(current), version: from + 1 };
  }
  return current;
}
