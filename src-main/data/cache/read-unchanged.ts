import { AppError } from '../../../src-shared/errors/app-error.ts';

/** Attempts at reading files that another program changes. */
const ATTEMPTS = 3;

export interface CachedRead<Hashed extends { readonly identity: string }, Result> {
  /** File or folder, for the error. */
  readonly path: string;
  /** Hashes the files. */
  hash(): Promise<Hashed>;
  /** As in `HashedFiles`, without reading the files. */
  identity(): Promise<string>;
  /** @returns Null if the result is not in the cache. */
  stored(hashed: Hashed): Promise<Result | null>;
  read(hashed: Hashed): Promise<Result>;
  /** Called only if the files did not change since they were hashed. */
  store(hashed: Hashed, result: Result): Promise<void>;
}

/**
 * Reads files through the cache. Files that change while they are read are read again.
 *
 * @throws AppError `dataset/changing-file` if they change during each of three attempts.
 */
export async function readUnchanged<Hashed extends { readonly identity: string }, Result>(
  files: CachedRead<Hashed, Result>,
): Promise<Result> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const hashed = await files.hash();
    const stored = await files.stored(hashed);
    if (stored !== null) return stored;
    const result = await files.read(hashed);
    if ((await files.identity()) !== hashed.identity) continue;
    await files.store(hashed, result);
    return result;
  }
  throw new AppError(
    'dataset/changing-file',
    `Expected ${files.path} to stay unchanged while it is read; another program is writing to it. Try again when that has finished.`,
    { path: files.path },
  );
}
