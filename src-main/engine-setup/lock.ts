import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { acquireLock } from '../system/file-lock.ts';

/** A holder updates its file five times in this period. Network file systems show updates of other machines late. */
const SILENT_MS = 30_000;

/**
 * Runs `action` with the lock file held. The lock of a process that has ended is taken over.
 * @param onWait Called once if another process holds the lock.
 */
export async function withLock<Result>(
  path: string,
  onWait: () => void,
  action: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  await mkdir(dirname(path), { recursive: true });
  const lock = await acquireLock(path, { silentMs: SILENT_MS, onWait, signal });
  try {
    return await action();
  } finally {
    await lock.release();
  }
}
