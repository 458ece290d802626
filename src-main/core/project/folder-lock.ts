import { randomBytes } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../src-shared/contract/app-error.ts';
import { isAlive, processIdentity } from '../../runs/process-identity.ts';
import type { ProcessIdentity } from '../../runs/process-identity.ts';
import { errorCode, sweepTemporaries, writeError } from './atomic-write.ts';

const LOCK_FILE = '.lamina-saving';
/** A save takes milliseconds; a lock this old was left by a core that died, on whatever machine. */
const STALE_MS = 5_000;
/** Nobody asks after the owner of a younger one. */
const YOUNG_MS = 500;
const GIVE_UP_MS = 15_000;

interface Owner extends ProcessIdentity {
  /** Tells the locks of one process apart. */
  readonly key: string;
}

let self: ProcessIdentity | null = null;

/**
 * Runs `action` while no other core saves into the folder, so that comparing with the disk
 * and replacing the file are one step across programs.
 *
 * @throws AppError 'files/unwritable' and the like, or 'project/busy' where another core does not let go.
 */
export async function withFolderLock<Result>(folder: string, action: () => Promise<Result>): Promise<Result> {
  const path = join(folder, LOCK_FILE);
  self ??= processIdentity();
  const owner = JSON.stringify({ ...self, key: randomBytes(8).toString('hex') } satisfies Owner);
  const othersLeft = await acquire(path, owner);
  try {
    if (othersLeft) await sweepTemporaries(folder);
    return await action();
  } finally {
    await release(path, owner);
  }
}

/** @returns Whether the lock of a core that died was in the way. */
async function acquire(path: string, owner: string): Promise<boolean> {
  const startedAt = Date.now();
  let othersLeft = false;
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(owner);
      await file.close();
      return othersLeft;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw writeError(error, path);
    }
    if (await isLeftOver(path)) {
      othersLeft = true;
      await rm(path, { force: true });
    } else if (Date.now() - startedAt > GIVE_UP_MS) {
      throw new AppError(
        'project/busy',
        `Another Lamina has been saving into this project for ${GIVE_UP_MS / 1000} seconds. Close it, or delete '${path}', and save again.`,
        { path },
      );
    } else await delay(10 + Math.floor((Date.now() - startedAt) / 20));
  }
}

/** Whether whoever made the lock is gone: it died while it saved. */
async function isLeftOver(path: string): Promise<boolean> {
  const age = await ageMs(path);
  if (age === null || age < YOUNG_MS) return false;
  if (age > STALE_MS) return true;
  const owner = ownerIn(await readFile(path, 'utf8').catch(() => ''));
  // The owner is written at once: without one, it died before that.
  return owner === null || isAlive(owner) === false;
}

function ownerIn(text: string): Owner | null {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return null;
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
