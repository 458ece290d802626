import { availableParallelism } from 'node:os';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { DataCalls } from '../data/calls.ts';
import { ABORT_GRACE_MS, ProgramCalls } from '../processes/program-calls.ts';
import { memoryLimit, memoryLimitEnvironment, overMemoryLimit } from '../processes/memory-limit.ts';
import { describeExit, mayLackMemory } from '../processes/program-process.ts';
import type { ProgramExit } from '../processes/program-process.ts';
import { programPath } from '../programs.ts';

/** An idle process ends, so that the memory of a large file is freed. */
const IDLE_MS = 30_000;
/** A small file does not wait while a large one is read; more processes would compete for the disk. */
const MOST_PROCESSES = 4;

export interface DataProcessesOptions {
  readonly idleMs?: number;
  /** Resident memory of one process, in bytes. */
  readonly memoryLimit?: number;
}

/** Calls to the data processes. */
export class DataProcesses extends ProgramCalls<DataCalls> {
  constructor({ idleMs = IDLE_MS, memoryLimit: limitBytes = memoryLimit() }: DataProcessesOptions = {}) {
    super({
      path: programPath('data'),
      environment: () => ({ ...process.env, ...memoryLimitEnvironment(limitBytes) }),
      idleMs,
      limit: Math.max(2, Math.min(MOST_PROCESSES, availableParallelism())),
      abortGraceMs: ABORT_GRACE_MS,
      ended: readerEnded,
    });
  }
}

function readerEnded(exit: ProgramExit): AppError {
  const over = overMemoryLimit(exit);
  if (over !== null) {
    const [limit, resident] = [over.limitBytes, over.residentBytes].map((bytes) => (bytes / 1e9).toFixed(1));
    return new AppError(
      'dataset/too-large',
      `Expected data that can be read in ${limit} GB of memory; reading it took ${resident} GB and was ended. Use a part of the data, close other programs, or use a machine with more memory.`,
      { ...over },
    );
  }
  if (exit.output.includes('heap out of memory')) {
    return new AppError(
      'dataset/too-large',
      'Expected data that fits in the memory of one process; reading it ran out of memory. Use a part of the data, or ignore text columns with many different values.',
    );
  }
  const remedy = mayLackMemory(exit)
    ? 'If the file is larger than the free memory, use a smaller part of it.'
    : 'Try again; if it happens again, look for damage in the file.';
  return new AppError('dataset/reader-ended', `Reading the data ended unexpectedly: ${describeExit(exit)}. ${remedy}`);
}
