import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Exit status of a process that enters a critical section while another process is in it. */
const NOT_ALONE = 3;

/**
 * Stays in a critical section for up to 2 ms. In one of five calls this process kills itself before it leaves.
 *
 * @param mark File that exists while a process is in the section. A second process exits with `NOT_ALONE`.
 */
export async function enterCriticalSection(mark: string): Promise<void> {
  try {
    writeFileSync(mark, '', { flag: 'wx' });
  } catch {
    process.exit(NOT_ALONE);
  }
  await delay(randomInt(3));
  rmSync(mark);
  if (randomInt(5) === 0) process.kill(process.pid, 'SIGKILL');
}

/**
 * Starts a process again each time it kills itself.
 *
 * @returns The exit status of the last process: 0, or 3 if another process was in its critical section.
 */
export async function exitAfterKills(start: () => ChildProcess): Promise<number> {
  for (;;) {
    const [status, signal] = (await once(start(), 'exit')) as [number | null, NodeJS.Signals | null];
    if (status !== null) return status;
    if (signal !== 'SIGKILL') throw new Error(`Expected an exit status or SIGKILL; received ${signal}.`);
  }
}
