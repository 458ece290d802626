import { mkdir, open, readFile, rename, rm, utimes, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const beatMs = 2000;
/** A holder on another machine (a shared home folder) that has not beaten for so long is gone. */
const staleMs = 30_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
}

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
  for (let told = false; !(await take(path));) {
    if (await isAbandoned(path)) {
      await takeAway(path);
      continue;
    }
    if (!told) onWait();
    told = true;
    await delay(500, undefined, signal ? { signal } : {});
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), beatMs);
  try {
    return await action();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const [holder, beaten] = await Promise.all([readHolder(path), stat(path).catch(() => null)]);
  if (!beaten) return false;
  const silentMs = Date.now() - beaten.mtimeMs;
  // Between being made and being written it is empty for a moment.
  if (!holder || holder.host !== hostname()) return silentMs > staleMs;
  return !isAlive(holder.pid);
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Of several that see the same dead holder, one's rename succeeds; the others look again. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}-${process.pid}`;
  await rename(path, aside).catch(() => {});
  await rm(aside, { force: true });
}
