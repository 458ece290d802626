import { join } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { acquireLock } from '../../../system/file-lock.ts';
import { sweepTemporaries, writeError } from '../../../system/atomic-write.ts';

const LOCK_FILE = '.lamina-saving';
/** A save takes milliseconds. */
const SILENT_MS = 5_000;
const GIVE_UP_MS = 15_000;

/**
 * Runs `action` while no other core saves into the folder, so that comparing with the disk
 * and replacing the file are one step across programs.
 *
 * @throws AppError 'files/unwritable' and the like, or 'project/busy' where another core does not let go.
 */
export async function withFolderLock<Result>(folder: string, action: () => Promise<Result>): Promise<Result> {
  const path = join(folder, LOCK_FILE);
  const giveUp = { afterMs: GIVE_UP_MS, error: () => busy(path) };
  const lock = await acquireLock(path, { silentMs: SILENT_MS, giveUp }).catch((error: unknown) => {
    throw error instanceof AppError ? error : writeError(error, path);
  });
  try {
    if (lock.takenOver) await sweepTemporaries(folder);
    return await action();
  } finally {
    await lock.release();
  }
}

function busy(path: string): AppError {
  return new AppError(
    'project/busy',
    `Another Lamina has been saving into this project for ${GIVE_UP_MS / 1000} seconds. Close it, or delete '${path}', and save again.`,
    { path },
  );
}
