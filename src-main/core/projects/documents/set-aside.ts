import { constants } from 'node:fs';
import { copyFile, lstat, open, rename, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { flushFolder, writeError } from '../../../system/atomic-write.ts';
import { errorCode } from '../../../system/error-code.ts';

/**
 * Keeps a damaged file that is about to be replaced: copied to a free name in its folder,
 * 'model.lamina.json.damaged-1', and flushed to the disk. A file without read permission is renamed.
 *
 * @returns The copy's file name; null if the file no longer exists.
 * @throws AppError 'files/…' where it cannot be kept; then nothing may replace it.
 */
export async function setAside(path: string): Promise<string | null> {
  const aside = await freeName(path);
  try {
    // Copying a pipe would wait for somebody who writes to it.
    if (!(await stat(path)).isFile()) throw Object.assign(new Error('no file'), { code: 'EISDIR' });
    await copyFile(path, aside, constants.COPYFILE_EXCL);
    await flush(aside);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return null;
    if (!UNREADABLE.has(code)) throw writeError(error, aside);
    await rename(path, aside).catch((failure: unknown) => {
      throw writeError(failure, aside);
    });
  }
  await flushFolder(dirname(aside));
  return basename(aside);
}

/** Codes of a file that may not be read, and of a folder in its place. */
const UNREADABLE = new Set(['EACCES', 'EPERM', 'EISDIR', 'ERR_FS_EISDIR', 'ENOTSUP']);

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function freeName(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = `${path}.damaged-${number}`;
    const taken = await lstat(candidate).then(
      () => true,
      () => false,
    );
    if (!taken) return candidate;
  }
}
