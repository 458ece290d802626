import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { FromTrainer, JobMessage, JobName, Jobs } from '../../training-protocol/protocol.ts';
import { describeExit, TrainerProcess } from './trainer-process.ts';

/** Kept for the next job this long, with model and data in memory. */
const IDLE_MS = 60_000;
/** A process busy in native code cannot answer. */
const TERM_GRACE_MS = 1_000;

interface PendingJob {
  resolve(result: unknown): void;
  reject(error: AppError): void;
}

/** Runs short jobs in a trainer process that starts with the first and stays warm for a while. */
export class JobWorker {
  readonly #idleMs: number;
  readonly #pending = new Map<number, PendingJob>();
  #process: TrainerProcess | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  #nextId = 1;

  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs;
  }

  /** @throws AppError of the job, or 'training/worker-ended' where its process died. */
  run<Name extends JobName>(name: Name, params: Jobs[Name]['params']): Promise<Jobs[Name]['result']> {
    clearTimeout(this.#idleTimer);
    const worker = (this.#process ??= this.#start());
    worker.setReferenced(true);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: (result) => resolve(result as Jobs[Name]['result']), reject });
      worker.send({ kind: 'job', id, name, params } as JobMessage);
    });
  }

  /** Ends the process; jobs under way fail. */
  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const worker = this.#process;
    if (worker === null) return;
    worker.setReferenced(true);
    worker.kill('SIGTERM');
    const timer = setTimeout(() => worker.kill('SIGKILL'), TERM_GRACE_MS);
    await worker.exited;
    clearTimeout(timer);
  }

  #start(): TrainerProcess {
    const worker = new TrainerProcess((message) => this.#settle(message));
    void worker.exited.then((exit) => {
      if (this.#process === worker) this.#process = null;
      const error = new AppError(
        'training/worker-ended',
        `The process that worked on this ended before it was done: ${describeExit(exit)}. Try again; if it happens again, choose the other engine.`,
      );
      for (const job of this.#pending.values()) job.reject(error);
      this.#pending.clear();
    });
    return worker;
  }

  #settle(message: FromTrainer): void {
    if (message.kind !== 'result' && message.kind !== 'error') return;
    const job = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'error') job?.reject(AppError.from(message.error));
    else job?.resolve(message.result);
    if (this.#pending.size > 0) return;
    this.#process?.setReferenced(false);
    this.#idleTimer = setTimeout(() => {
      // The next job starts a new one, even while this one is still ending.
      this.#process?.kill('SIGTERM');
      this.#process = null;
    }, this.#idleMs);
    this.#idleTimer.unref();
  }
}
