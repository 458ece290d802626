import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { acquireLock } from '../system/file-lock.ts';

/** Holders give a sign five times in it; network file systems show signs of other machines late. */
const SILENT_MS = 30_000;

/**
 * Runs `action` while no other process holds the lock file. A holder that died is taken over.
 * @param onWait Called once when another process holds it.
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
