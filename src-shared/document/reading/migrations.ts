import { AppError } from '../../errors/app-error.ts';
import { MODEL_VERSION } from '../schema/model-document.ts';

/** Converts the JSON of one version to the next. */
type Migration = (document: Record<string, unknown>) => Record<string, unknown>;

/** `MIGRATIONS[n]` converts version n + 1 to n + 2; without gaps. */
export const MIGRATIONS: readonly Migration[] = [
  // 2: blocks.
  (document) => ({ ...document, blocks: [] }),
  // 3: notes and groups, both optional.
  (document) => document,
  // 4: `placed` of nodes, optional.
  (document) => document,
];

/**
 * Converts a document to the current version.
 * @throws AppError `document/no-migration` if a migration is missing: a bug of this build.
 */
export function migrateModel(
  document: Record<string, unknown>,
  version: number,
  migrations: readonly Migration[] = MIGRATIONS,
  target: number = MODEL_VERSION,
): Record<string, unknown> {
  let current = document;
  for (let from = version; from < target; from += 1) {
    const migration = migrations[from - 1];
    if (migration === undefined) {
      throw new AppError('document/no-migration', `No migration from model version ${from} to ${from + 1}.`);
    }
    current = { ...migration(current), version: from + 1 };
  }
  return current;
}

/** Converts a model document of an earlier version, for example of a run's record; returns other values unchanged. */
export function modelOfThisVersion(value: unknown): unknown {
  const version = typeof value === 'object' && value !== null ? (value as { version?: unknown }).version : undefined;
  const earlier = typeof version === 'number' && Number.isInteger(version) && version >= 1 && version < MODEL_VERSION;
  return earlier ? migrateModel(value as Record<string, unknown>, version) : value;
}
