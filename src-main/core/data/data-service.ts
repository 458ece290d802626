import { Worker } from 'node:worker_threads';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { programPath } from '../../programs.ts';
import type { DataJobMessage, DataJobName, DataJobReply, DataJobs } from './data-jobs.ts';

/** An idle thread is ended, so that the memory of a large file is given back. */
const IDLE_MS = 30_000;

interface PendingJob {
  resolve(result: unknown): void;
  reject(error: AppError): void;
}

/** Runs data jobs in a worker thread that starts with the first job. */
export class DataService {
  #worker: Worker | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  #nextId = 1;
  readonly #pending = new Map<number, PendingJob>();

  /** @throws AppError `dataset/…` of the job, or 'dataset/reader-ended' where its thread died. */
  run<Name extends DataJobName>(name: Name, params: DataJobs[Name]['params']): Promise<DataJobs[Name]['result']> {
    clearTimeout(this.#idleTimer);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: (result) => resolve(result as DataJobs[Name]['result']), reject });
      worker.postMessage({ id, name, params } as DataJobMessage);
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(programPath('dataWorker'));
    worker.on('message', (reply: DataJobReply) => this.#settle(reply));
    worker.on('error', (error) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, null));
    return worker;
  }

  #settle(reply: DataJobReply): void {
    const job = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('error' in reply) job?.reject(AppError.from(reply.error));
    else job?.resolve(reply.result);
    if (this.#pending.size > 0) return;
    this.#worker?.unref();
    this.#idleTimer = setTimeout(() => void this.#worker?.terminate(), IDLE_MS);
    this.#idleTimer.unref();
  }

  #lost(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const reason = error instanceof Error ? ` (${error.message})` : '';
    for (const job of this.#pending.values()) {
      job.reject(
        new AppError(
          'dataset/reader-ended',
          `Reading the data ended unexpectedly${reason}. If the file is larger than the free memory, use a smaller part of it.`,
        ),
      );
    }
    this.#pending.clear();
  }
}
