import { AppError } from '../../src-shared/errors/app-error.ts';
import { errorCode } from '../system/error-code.ts';

const fullCodes = ['SQLITE_FULL', 'ENOSPC', 'EDQUOT'];
const corruptCodes = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];
const unwritableCodes = ['SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_PERM', 'EACCES', 'EPERM', 'EROFS'];

const isInFamily = (code: string, families: readonly string[]): boolean =>
  families.some((family) => code === family || code.startsWith(`${family}_`));

/**
 * Converts an error of the run store or of a checkpoint file to an AppError with a remedy.
 *
 * @param folder The project folder, or the folder of the file.
 * @param file The database or checkpoint file.
 */
export function storageError(error: unknown, folder: string, file: string): AppError {
  if (error instanceof AppError) return error;
  const code = errorCode(error);
  const details = { folder, file, cause: code };
  if (isInFamily(code, fullCodes)) {
    return new AppError(
      'runs/disk-full',
      `The disk of '${folder}' is full: the run history could not be written. Earlier records are kept. Free some space (delete runs that are not needed, or move the project), then try again.`,
      details,
    );
  }
  if (isInFamily(code, corruptCodes)) {
    return new AppError(
      'runs/corrupt',
      `The run history '${file}' is damaged or not a Lamina database; it was not changed. Restore it from a backup, or set it aside and start a new history.`,
      details,
    );
  }
  if (isInFamily(code, unwritableCodes)) {
    return new AppError(
      'runs/unwritable',
      `The run history '${file}' cannot be opened for writing. Allow writing to '${folder}', or copy the project to a folder of your own.`,
      details,
    );
  }
  if (isInFamily(code, ['SQLITE_BUSY', 'SQLITE_LOCKED'])) {
    return new AppError(
      'runs/busy',
      `Another program locks the run history '${file}'. Close other programs that have it open, then try again.`,
      details,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('runs/storage', `The run history '${file}' could not be used: ${message}`, details);
}

export function unknownRun(id: string): AppError {
  return new AppError(
    'runs/unknown',
    `There is no run '${id}' in this project; it may have been deleted. 'lamina runs' lists its runs.`,
    { runId: id },
  );
}
