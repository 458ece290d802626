import { AppError } from '../contract/app-error.ts';
import { MODEL_VERSION } from './model-document.ts';

/** Turns the JSON of one version into that of the next. */
type Migration = (document: Record<string, unknown>) => Record<string, unknown>;

/** `MIGRATIONS[n]` leads from version n + 1 to n + 2; gapless. Version 1 is the first, so there is none yet. */
export const MIGRATIONS: readonly Migration[] = [];

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
