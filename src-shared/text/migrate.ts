import { AppError } from '../errors/app-error.ts';

/** Converts the JSON of one version to the next. `migrations[n]` converts version n + 1 to n + 2; without gaps. */
export type Migration = (document: Record<string, unknown>) => Record<string, unknown>;

/**
 * Converts a document to version `target`.
 *
 * @throws AppError `document/no-migration` if a migration is missing: a bug of this build.
 */
export function migrate(
  document: Record<string, unknown>,
  version: number,
  migrations: readonly Migration[],
  target: number,
): Record<string, unknown> {
  let current = document;
  for (let from = version; from < target; from += 1) {
    const migration = migrations[from - 1];
    if (migration === undefined) {
      throw new AppError('document/no-migration', `No migration from document version ${from} to ${from + 1}.`);
    }
    current = { ...migration(current), version: from + 1 };
  }
  return current;
}

/** Converts a document of an earlier version, for example of a run's record; returns other values unchanged. */
export function ofVersion(value: unknown, migrations: readonly Migration[], target: number): unknown {
  const version = typeof value === 'object' && value !== null ? (value as { version?: unknown }).version : undefined;
  const earlier = typeof version === 'number' && Number.isInteger(version) && version >= 1 && version < target;
  return earlier ? migrate(value as Record<string, unknown>, version, migrations, target) : value;
}
