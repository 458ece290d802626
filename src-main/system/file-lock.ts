import { createHash, randomBytes } from 'node:crypto';
import { link, lstat, open, readFile, readdir, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './error-code.ts';
import { isAlive, processIdentity } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

export interface LockOptions {
  /**
   * Time in milliseconds without a change of the lock file after which a holder counts as ended if its process cannot
   * be looked up (on another machine, or unknown). Measured by this process's clock: file times may come from another.
   */
  readonly silentMs: number;
  /** Called once if another process holds the lock. */
  readonly onWait?: () => void;
  readonly giveUp?: { readonly afterMs: number; readonly error: () => Error };
  readonly signal?: AbortSignal | undefined;
}

export interface HeldLock {
  /** Whether the lock was taken over from a process that had ended. */
  readonly takenOver: boolean;
  release(): Promise<void>;
}

/** Content and identity of a lock file when it was read. */
interface Seen {
  readonly text: string;
  /** Changes when the file has another holder, or when its holder updates it. */
  readonly mark: string;
  /** Null if the file does not identify its holder. */
  readonly owner: ProcessIdentity | null;
}

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;

let self: ProcessIdentity | null = null;

/**
 * Acquires a lock file, which at most one process holds. The lock of a process that has ended is taken over:
 * immediately if it ran on this machine, otherwise after `silentMs`.
 *
 * @throws Node's error if the file cannot be created or removed, `giveUp.error()`, or an AbortError.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<HeldLock> {
  self ??= processIdentity();
  const key = randomBytes(6).toString('hex');
  const text = JSON.stringify({ ...self, key });
  const startedAt = performance.now();
  let takenOver = false;
  let reported = false;
  let last = { mark: '', since: startedAt };
  for (;;) {
    const seen = await look(path);
    if (seen === null) {
      if (await create(path, text, key)) break;
      continue;
    }
    const now = performance.now();
    if (seen.mark !== last.mark) last = { mark: seen.mark, since: now };
    const alive = seen.owner === null ? null : isAlive(seen.owner);
    if (alive === false || (alive === null && now - last.since >= options.silentMs)) {
      takenOver = (await remove(path, seen, options)) || takenOver;
      continue;
    }
    if (options.giveUp !== undefined && now - startedAt > options.giveUp.afterMs) throw options.giveUp.error();
    if (!reported) options.onWait?.();
    reported = true;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS + (now - startedAt) / 20);
    await delay(wait, undefined, options.signal ? { signal: options.signal } : {});
  }
  if (takenOver) await sweep(path, options).catch(() => {});
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), options.silentMs / 5);
  beat.unref();
  return {
    takenOver,
    release: async () => {
      clearInterval(beat);
      // Another process may have taken over the lock; its file must not be removed.
      if ((await look(path).catch(() => null))?.text === text) await rm(path, { force: true }).catch(() => {});
    },
  };
}

/** Error codes of file systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

/** Creates the file with its content atomically. @returns False if the file exists. */
async function create(path: string, text: string, key: string): Promise<boolean> {
  const whole = `${path}.${key}.tmp`;
  try {
    await write(whole, text);
    await link(whole, path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    // ENOENT: another process removed the temporary file as a leftover.
    if (code === 'EEXIST' || (code === 'ENOENT' && (await exists(dirname(path))))) return false;
    if (!NO_LINKS.has(code) || !(await exists(whole))) throw error;
  } finally {
    await rm(whole, { force: true }).catch(() => {});
  }
  // The file is empty at first; other processes wait because it does not identify its holder.
  return write(path, text).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    },
  );
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/**
 * Removes a stale lock file unless it has changed since `seen`. The check and the removal must not interleave with
 * another process's removal, or they would delete the next holder's lock. They are guarded by a second lock whose name
 * is derived from the stale content; a stale second lock is removed in the same way.
 *
 * @returns Whether the file was removed.
 */
async function remove(path: string, seen: Seen, { silentMs, signal }: LockOptions): Promise<boolean> {
  const name = createHash('sha256').update(seen.text).digest('hex').slice(0, 12);
  const claim = await acquireLock(`${path}.${name}`, { silentMs, signal });
  try {
    if ((await look(path))?.mark !== seen.mark) return false;
    await rm(path);
    return true;
  } finally {
    await claim.release();
  }
}

/** Removes files left next to the lock by processes that died while acquiring it. */
async function sweep(path: string, options: LockOptions): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const left = join(dirname(path), name);
    const seen = await look(left);
    if (seen?.owner != null && isAlive(seen.owner) === false) await remove(left, seen, options);
  }
}

/** @returns Null if the file does not exist. */
async function look(path: string): Promise<Seen | null> {
  try {
    const status = await lstat(path, { bigint: true });
    const text = status.isFile() ? await readFile(path, 'utf8').catch(orAbsent) : '';
    return { text, mark: `${status.ino} ${status.mtimeNs} ${text}`, owner: ownerIn(text) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function orAbsent(error: unknown): string {
  if (errorCode(error) === 'ENOENT') throw error;
  return '';
}

function ownerIn(text: string): ProcessIdentity | null {
  try {
    const { host, pid, start } = JSON.parse(text) as Partial<ProcessIdentity>;
    if (typeof host !== 'string' || typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
    return { host, pid, start: typeof start === 'string' ? start : null };
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
