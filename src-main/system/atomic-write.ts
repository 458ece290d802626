import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { temporaryName } from './temporary-name.ts';
import { pathReason } from './path-reason.ts';
import { PRIVATE_FILE } from './private-files.ts';

/**
 * Replaces a file whole: written beside it, flushed to the disk, then renamed over it.
 * Whatever goes wrong, the previous content stays. The file keeps its mode; a new one is for its user alone.
 *
 * @throws AppError 'files/unwritable', 'files/disk-full', 'files/missing' or 'files/write-failed'.
 */
export async function atomicWrite(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `${temporaryName(temporaryPrefix(path))}.tmp`);
  try {
    const mode = await stat(path).then(
      (status) => status.mode & 0o777,
      () => PRIVATE_FILE,
    );
    const file = await open(temporary, 'wx', PRIVATE_FILE);
    try {
      await file.writeFile(text);
      if (mode !== PRIVATE_FILE) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await flushFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw writeError(error, path);
  }
}

/** How the names begin under which a file is written. */
export const temporaryPrefix = (path: string): string => `.${basename(path)}.`;

/** Removes what writes that were cut short left in a folder; only while nobody else writes into it. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => /^\..+\.json\.[0-9a-f-]{12,}\.tmp$/.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}

/** Makes a new name itself durable; not possible on every file system, and the content is safe without it. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}

/** The `code` of a Node file error, or an empty text. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** A path that the system takes for none, or that cannot be looked at. */
export function unusablePath(error: unknown, path: string): AppError {
  const code = errorCode(error);
  return new AppError('files/unusable-path', `Cannot use the path '${path}': ${pathReason(error)}. Choose another.`, {
    path,
    code,
  });
}

/** A failed write in words: what, where and the remedy. */
export function writeError(error: unknown, path: string): AppError {
  const code = errorCode(error);
  const folder = dirname(path);
  const name = basename(path);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new AppError(
      'files/unwritable',
      `Cannot write '${name}': the folder '${folder}' does not allow writing. Change its permissions, or copy the project to a folder of your own.`,
      { path, code },
    );
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError(
      'files/disk-full',
      `Cannot write '${name}': the disk that holds '${folder}' is full. Nothing was overwritten; free some space and save again.`,
      { path, code },
    );
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError(
      'files/missing',
      `Cannot write '${name}': the folder '${folder}' is no longer there. Put it back, or open another project.`,
      { path, code },
    );
  }
  return new AppError('files/write-failed', `Cannot write '${path}': ${pathReason(error)}.`, { path, code });
}
