import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { FileHandle } from 'node:fs/promises';
import { errorCode } from './error-code.ts';
import { temporaryName } from './temporary-name.ts';
import { pathReason } from './path-reason.ts';
import { PRIVATE_FILE } from './private-files.ts';

/**
 * Replaces a text file as `replaceFile` does.
 *
 * @throws AppError 'files/unwritable', 'files/disk-full', 'files/missing' or 'files/write-failed'.
 */
export async function atomicWrite(path: string, text: string): Promise<void> {
  await replaceFile(path, text).catch((error: unknown) => {
    throw writeError(error, path);
  });
}

/**
 * Writes a temporary file in the same folder, flushes it to the disk and renames it to `path`. If a step fails, the
 * previous content stays. An existing file keeps its mode; a new one gets `PRIVATE_FILE`.
 *
 * @param content Text, or bytes in chunks.
 * @throws Node's error.
 */
export async function replaceFile(path: string, content: string | readonly Uint8Array[]): Promise<void> {
  await writeAndRename(dirname(path), temporaryPrefix(path), async (file) => {
    if (typeof content === 'string') await file.writeFile(content);
    else for (const chunk of content) await file.writeFile(chunk);
    return path;
  });
}

/**
 * Writes a file whose name depends on its content: a temporary file in the folder, flushed to the disk and renamed.
 *
 * @param prefix Of the temporary file's name.
 * @param write Writes the content and returns the file's path in the folder.
 * @throws Node's error, or that of `write`.
 */
export async function writeAndRename(
  folder: string,
  prefix: string,
  write: (file: FileHandle) => Promise<string>,
): Promise<void> {
  const temporary = join(folder, `${temporaryName(prefix)}.tmp`);
  try {
    const file = await open(temporary, 'wx', PRIVATE_FILE);
    let path: string;
    try {
      path = await write(file);
      const mode = await stat(path).then(
        (status) => status.mode & 0o777,
        () => PRIVATE_FILE,
      );
      if (mode !== PRIVATE_FILE) await file.chmod(mode);
      // The ages of files are compared by this machine's clock; the server of a network file system may have another.
      const now = new Date();
      await file.utimes(now, now).catch(() => {});
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await flushFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Prefix of the names of temporary files of `replaceFile`. */
export const temporaryPrefix = (path: string): string => `.${basename(path)}.`;

/** Removes temporary files of documents whose write was interrupted. Call only while no other process writes into the folder. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => /^\..+\.json\.[0-9a-f-]{12,}\.tmp$/.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}

/** Makes renames in a folder durable. Not every file system supports it; the files' content is safe without it. */
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

/** The error for a path that the system rejects or cannot read. */
export function unusablePath(error: unknown, path: string): AppError {
  const code = errorCode(error);
  return new AppError('files/unusable-path', `Cannot use the path '${path}': ${pathReason(error)}. Choose another.`, {
    path,
    code,
  });
}

/** The error for a failed write, with a remedy. */
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
      `Cannot write '${name}': the disk of '${folder}' is full. Nothing was overwritten; free some space and save again.`,
      { path, code },
    );
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError(
      'files/missing',
      `Cannot write '${name}': the folder '${folder}' no longer exists. Restore it, or open another project.`,
      { path, code },
    );
  }
  return new AppError('files/write-failed', `Cannot write '${path}': ${pathReason(error)}.`, { path, code });
}
