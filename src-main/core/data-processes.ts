import { AppError } from '../../src-shared/errors/app-error.ts';
import type { DataCalls } from '../data/calls.ts';
import { ProgramCalls } from '../processes/program-calls.ts';
import type { CallOptions } from '../processes/program-calls.ts';
import { describeExit, mayLackMemory } from '../processes/program-process.ts';
import type { ProgramExit } from '../processes/program-process.ts';
import { programPath } from '../programs.ts';

/** An idle process ends, so that the memory of a large file is freed. */
const IDLE_MS = 30_000;
/** Processes at a time; further calls wait. */
const MOST_PROCESSES = 4;
/** Time that a call has to end after it was aborted. */
const ABORT_MS = 150;

type Name = keyof DataCalls;

/** Calls to data processes. Each has a process of its own, so that a small file does not wait for a large one. */
export class DataProcesses {
  readonly #idleMs: number;
  readonly #all = new Set<ProgramCalls<DataCalls>>();
  readonly #free: ProgramCalls<DataCalls>[] = [];
  readonly #waiting: ((process: ProgramCalls<DataCalls>) => void)[] = [];

  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs;
  }

  /** Ends soon after an abort: a process that does not answer in time is killed. @throws AppError of the call. */
  async call<Called extends Name>(
    name: Called,
    params: DataCalls[Called]['params'],
    options: CallOptions<DataCalls[Called]['progress']> = {},
  ): Promise<DataCalls[Called]['result']> {
    const { signal } = options;
    const process = await this.#take();
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      timer = setTimeout(() => process.kill(), ABORT_MS);
    };
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort, { once: true });
      return await process.call(name, params, options);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      this.#give(process);
    }
  }

  /** Ends all processes; open calls are rejected. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((process) => process.close()));
  }

  #take(): ProgramCalls<DataCalls> | Promise<ProgramCalls<DataCalls>> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#all.size >= MOST_PROCESSES) return new Promise((resolve) => this.#waiting.push(resolve));
    const started = new ProgramCalls<DataCalls>({
      path: programPath('data'),
      idleMs: this.#idleMs,
      ended: readerEnded,
    });
    this.#all.add(started);
    return started;
  }

  #give(process: ProgramCalls<DataCalls>): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(process);
    else next(process);
  }
}

function readerEnded(exit: ProgramExit): AppError {
  const remedy = mayLackMemory(exit)
    ? 'If the file is larger than the free memory, use a smaller part of it.'
    : 'Try again; if it happens again, look for damage in the file.';
  return new AppError('dataset/reader-ended', `Reading the data ended unexpectedly: ${describeExit(exit)}. ${remedy}`);
}
