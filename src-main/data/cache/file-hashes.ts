import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { fileError, statSource } from '../tables/source-files.ts';
import { entryKey, readEntry, writeEntry } from './entries.ts';

export interface HashedFiles {
  /** For each file its sha256 in hexadecimal, or a mark: the code of the error with which it cannot be read. */
  readonly sha256: readonly string[];
  readonly sizeBytes: number;
  /** Changes if a file is written or replaced, even by one of the same size and time of modification. */
  readonly identity: string;
}

/** A file that changed this recently may change again with the same times: file systems count in steps of up to 2 s. */
const SETTLED_MS = 2_000;
/** Changes with what is stored for the same files. */
const HASHES_VERSION = 2;
/** Files whose status is read at the same time. */
const TOGETHER = 64;

/** Hashes of files that were hashed in this process, by `identity`. */
const known = new Map<string, readonly string[]>();

export interface HashOptions {
  /** What to do with a file that cannot be read: throw, or return a mark instead of its hash. Default: throw. */
  readonly unreadable?: 'throw' | 'mark' | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called while files are read, with the fraction of their bytes. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/**
 * sha256 of files. Files that were hashed before, also by another process, are not read again.
 *
 * @throws AppError `dataset/missing-file`, `dataset/unreadable-file`; the signal's reason if aborted.
 */
export async function hashFiles(paths: readonly string[], options: HashOptions = {}): Promise<HashedFiles> {
  const { signal, unreadable, onProgress } = options;
  const { identity, sizeBytes, settled, marks } = await identityOf(paths, unreadable);
  const key = entryKey(['hashes', HASHES_VERSION, identity]);
  const before = known.get(identity) ?? ((await readEntry(key))?.header as readonly string[] | undefined);
  if (before !== undefined && before.length === paths.length) {
    known.set(identity, before);
    return { sha256: before, sizeBytes, identity };
  }
  const sha256: string[] = [];
  let read = 0;
  let isReadable = true;
  for (const [index, path] of paths.entries()) {
    signal?.throwIfAborted();
    const mark = marks.get(index);
    if (mark !== undefined) {
      // A pipe or a device must not be opened.
      sha256.push(mark);
      continue;
    }
    const hash = hashFile(path, (bytes) => {
      signal?.throwIfAborted();
      onProgress?.(Math.min(1, (read += bytes) / Math.max(1, sizeBytes)));
    });
    sha256.push(
      await hash.catch((error: unknown) => {
        isReadable = false;
        return markOf(unreadable)(error);
      }),
    );
  }
  // A file that changed meanwhile has another identity; the caller compares.
  const unchanged = (await identityOf(paths, unreadable)).identity === identity;
  // A file that could not be read once may be readable the next time.
  if (settled && unchanged && isReadable) {
    known.set(identity, sha256);
    await writeEntry(key, sha256);
  }
  return { sha256, sizeBytes, identity };
}

/**
 * Identity of files and folders by their status, without opening them.
 *
 * @returns `settled`: they changed too long ago to have changed since without another identity.
 */
export async function identityOf(
  paths: readonly string[],
  unreadable?: HashOptions['unreadable'],
): Promise<{ identity: string; sizeBytes: number; settled: boolean; marks: ReadonlyMap<number, string> }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let newest = 0;
  const marks = new Map<number, string>();
  for (let start = 0; start < paths.length; start += TOGETHER) {
    const part = paths.slice(start, start + TOGETHER);
    const found = await Promise.all(part.map((path) => statFile(path).catch(markOf(unreadable))));
    found.forEach((status, index) => {
      if (typeof status === 'string') {
        hash.update([part[index], status, ''].join('\n'));
        marks.set(start + index, status);
        return;
      }
      const { size, mtimeNs, ctimeNs, ino, dev } = status;
      hash.update([part[index], size, mtimeNs, ctimeNs, ino, dev, ''].join('\n'));
      sizeBytes += Number(size);
      newest = Math.max(newest, Number(ctimeNs / 1_000_000n));
    });
  }
  return { identity: hash.digest('hex'), sizeBytes, settled: Date.now() - newest > SETTLED_MS, marks };
}

const unreadableCodes = new Set(['dataset/missing-file', 'dataset/unreadable-file']);

/** Turns the error of a file that cannot be read into its mark; throws others. */
function markOf(unreadable: HashOptions['unreadable']): (error: unknown) => string {
  return (error) => {
    const isOfFile = error instanceof AppError && unreadableCodes.has(error.code);
    if (unreadable === 'mark' && isOfFile) return String(error.details['cause'] ?? error.code);
    throw error;
  };
}

async function statFile(path: string) {
  await statSource(path);
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    throw fileError(error, path);
  }
}

async function hashFile(path: string, onRead: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      onRead((chunk as Buffer).length);
      hash.update(chunk);
    }
  } catch (error) {
    throw fileError(error, path);
  }
  return hash.digest('hex');
}
