import { randomBytes } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../src-shared/contract/app-error.ts';
import { errorCode, writeError } from './atomic-write.ts';

const LOCK_FILE = '.lamina-saving';
/** A save takes milliseconds; a lock this old was left by a core that died. */
const STALE_MS = 5_000;
const GIVE_UP_MS = 15_000;

/**
 * Runs `action` while no other core saves into the folder, so that comparing with the disk
 * and replacing the file are one step across programs.
 *
 * @throws AppError 'files/unwritable' and the like, or 'project/busy' where another core does not let go.
 */
export async function withFolderLock<Result>(folder: string, action: () => Promise<Result>): Promise<Result> {
  const path = join(folder, LOCK_FILE);
  const owner = randomBytes(8).toString('hex');
  await acquire(path, owner);
  try {
    return await action();
  } finally {
    await release(path, owner);
  }
}

async function acquire(path: string, owner: string): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(owner);
      await file.close();
      return;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw writeError(error, path);
    }
    const age = await ageMs(path);
    if (age !== null && age > STALE_MS) await rm(path, { force: true });
    else if (Date.now() - startedAt > GIVE_UP_MS) {
      throw new AppError(
        'project/busy',
        `Another Lamina has been saving into this project for ${GIVE_UP_MS / 1000} seconds. Close it, or delete '${path}', and save again.`,
        { path },
      );
    } else await delay(10 + Math.floor((Date.now() - startedAt) / 20));
  }
}

/** Only its own lock: one taken over as stale belongs to someone else by now. */
async function release(path: string, owner: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text === owner) await rm(path, { force: true }).catch(() => {});
}

async function ageMs(path: string): Promise<number | null> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return null;
  }
}
