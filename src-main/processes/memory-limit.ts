import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ProgramExit } from './program-process.ts';

/** Bytes of resident memory at which a process ends itself. */
const LIMIT_VARIABLE = 'LAMINA_MEMORY_LIMIT';
const CHECK_MS = 50;
/** Share of the machine's memory; the rest is for core, trainings and other programs. */
const SHARE = 0.6;
const MARK = 'LAMINA_OVER_MEMORY_LIMIT';

/** Three fifths of the memory of the machine or of the container, in bytes. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) * SHARE);
}

export const memoryLimitEnvironment = (limitBytes: number): NodeJS.ProcessEnv => ({
  [LIMIT_VARIABLE]: String(limitBytes),
});

/** Runs in a thread, because native and long JavaScript code blocks timers of the main thread. */
const watch = `
const { writeSync } = require('node:fs');
const { workerData: { limitBytes, mark, checkMs } } = require('node:worker_threads');
setInterval(() => {
  const resident = process.memoryUsage.rss();
  if (resident <= limitBytes) return;
  writeSync(2, '\\n' + mark + ' ' + resident + ' ' + limitBytes + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, checkMs);
`;

/** Kills this process once its resident memory is over the limit that its parent gave it (`memoryLimitEnvironment`). */
export function enforceMemoryLimit(): void {
  const limitBytes = Number(process.env[LIMIT_VARIABLE]);
  if (!(limitBytes > 0)) return;
  new Worker(watch, { eval: true, workerData: { limitBytes, mark: MARK, checkMs: CHECK_MS } }).unref();
}

/** The limit that ended a process; null: something else did. */
export function overMemoryLimit({ output }: ProgramExit): { residentBytes: number; limitBytes: number } | null {
  const found = new RegExp(`${MARK} (\\d+) (\\d+)`).exec(output);
  return found === null ? null : { residentBytes: Number(found[1]), limitBytes: Number(found[2]) };
}
