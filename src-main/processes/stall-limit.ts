import { Worker } from 'node:worker_threads';
import type { ProgramExit } from './program-process.ts';

/** Processor seconds after which a process ends itself if its event loop did not run in between. */
const LIMIT_VARIABLE = 'LAMINA_STALL_LIMIT';
const CHECK_MS = 250;
const MARK = 'LAMINA_STALLED';

export const stallLimitEnvironment = (limitSeconds: number): NodeJS.ProcessEnv => ({
  [LIMIT_VARIABLE]: String(limitSeconds),
});

/** Runs in a thread: the main thread is the one that does not return. */
const watch = `
const { writeSync } = require('node:fs');
const { workerData: { turns, limitSeconds, mark, checkMs } } = require('node:worker_threads');
const seconds = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
let [turn, since] = [-1, seconds()];
setInterval(() => {
  const now = Atomics.load(turns, 0);
  if (now !== turn) [turn, since] = [now, seconds()];
  else if (seconds() - since > limitSeconds) {
    writeSync(2, '\\n' + mark + ' ' + limitSeconds + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}, checkMs);
`;

/**
 * Kills this process once it has computed for as long as its parent allows (`stallLimitEnvironment`) without returning
 * to its event loop. Processor time, not elapsed time: a busy machine does not end it earlier.
 */
export function enforceStallLimit(): void {
  const limitSeconds = Number(process.env[LIMIT_VARIABLE]);
  if (!(limitSeconds > 0)) return;
  const turns = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => Atomics.add(turns, 0, 1), CHECK_MS).unref();
  new Worker(watch, { eval: true, workerData: { turns, limitSeconds, mark: MARK, checkMs: CHECK_MS } }).unref();
}

/** The limit in seconds that ended a process; null: something else did. */
export function overStallLimit({ output }: ProgramExit): number | null {
  const found = new RegExp(`${MARK} ([\\d.]+)`).exec(output);
  return found === null ? null : Number(found[1]);
}
