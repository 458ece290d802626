import { AppError } from '../../errors/app-error.ts';
import { MODEL_VERSION } from '../schema/model-document.ts';

/** Turns the JSON of one version into that of the next. */
type Migration = (document: Record<string, unknown>) => Record<string, unknown>;

/** `MIGRATIONS[n]` leads from version n + 1 to n + 2; gapless. */
export const MIGRATIONS: readonly Migration[] = [
  // 2: blocks.
  (document) => ({ ...document, blocks: [] }),
  // 3: notes and groups, absent where there are none.
  (document) => document,
  // 4: which layers were placed by hand, absent where none was.
  (document) => document,
];

/**
 * Brings a document to the current version.
 * @throws AppError `document/no-migration` where a step is missing, which is a fault of this build.
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
      throw new AppError('document/no-migration', `No way leads from model version ${from} to ${from + 1}.`);
    }
    current = { ...migration(current), version: from + 1 };
  }
  return current;
}

/** A model document of an earlier version, as a run's record may hold, in this one; anything else as it is. */
export function modelOfThisVersion(value: unknown): unknown {
  const version = typeof value === 'object' && value !== null ? (value as { version?: unknown }).version : undefined;
  const earlier = typeof version === 'number' && Number.isInteger(version) && version >= 1 && version < MODEL_VERSION;
  return earlier ? migrateModel(value as Record<string, unknown>, version) : value;
}
