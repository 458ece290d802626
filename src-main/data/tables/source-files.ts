import { stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { errorCode } from '../../system/error-code.ts';

/** @throws AppError `dataset/missing-file` or `dataset/unreadable-file`, naming the path. */
export async function statSource(path: string): Promise<Stats> {
  let status: Stats;
  try {
    status = await stat(path);
  } catch (error) {
    throw fileError(error, path);
  }
  // Opening a pipe blocks until there is a writer, and its data can be read only once.
  if (status.isFile() || status.isDirectory()) return status;
  throw new AppError(
    'dataset/unreadable-file',
    `Expected a file or folder at ${path}; received a pipe or a device. Write the data to a file and choose that.`,
    { path },
  );
}

const unreadable = new Set('EACCES EPERM EIO EISDIR ENAMETOOLONG ELOOP ENXIO ENODEV ERR_INVALID_ARG_VALUE'.split(' '));

/** A file system error as an AppError; other errors unchanged. */
export function fileError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError(
      'dataset/missing-file',
      `Expected a file or folder at ${path}; it does not exist. Restore it, or choose the data again (on the Data page, or with --source).`,
      { path },
    );
  }
  if (unreadable.has(code)) {
    return new AppError(
      'dataset/unreadable-file',
      `Could not read ${path} (${code}). Check that it is a file you may read, then try again.`,
      { path, cause: code },
    );
  }
  return error;
}
