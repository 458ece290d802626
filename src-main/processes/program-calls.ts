import { AppError } from '../../src-shared/errors/app-error.ts';
import type { CallTable, FromProgram, ParamsOf, ProgressOf, ResultOf, ToProgram } from './call-messages.ts';
import { ProgramProcess } from './program-process.ts';
import type { ProgramExit, ProgramStart } from './program-process.ts';

export interface CalledProgram extends ProgramStart {
  /** Error of the calls that were open when the process ended. */
  readonly ended: (exit: ProgramExit) => AppError;
  /** Time without calls after which the process ends. */
  readonly idleMs: number;
}

export interface CallOptions<Progress> {
  /** The program decides how a call ends that is aborted. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress) => void;
}

interface OpenCall {
  resolve(result: unknown): void;
  reject(error: AppError): void;
  onProgress(progress: unknown): void;
}

/** A process and the calls that it has to answer. */
interface Worker<Calls extends CallTable<Calls>> {
  readonly process: ProgramProcess<ToProgram<Calls>, FromProgram>;
  readonly open: Map<number, OpenCall>;
}

/**
 * Typed calls to a program in a child process, which starts with the first call, serves further ones and ends when idle.
 * The next call starts another process. The program answers with `answerCalls`.
 */
export class ProgramCalls<Calls extends CallTable<Calls>> {
  readonly #program: CalledProgram;
  /** All processes that have not ended, those that are ending included. */
  readonly #workers = new Set<Worker<Calls>>();
  /** Takes the next call; null: the next call starts it. */
  #current: Worker<Calls> | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  #nextId = 1;

  constructor(program: CalledProgram) {
    this.#program = program;
  }

  /** @throws AppError of the call, or `ended` if the process ended first. */
  async call<Name extends keyof Calls>(
    name: Name,
    params: ParamsOf<Calls, Name>,
    { signal, onProgress = () => {} }: CallOptions<ProgressOf<Calls, Name>> = {},
  ): Promise<ResultOf<Calls, Name>> {
    clearTimeout(this.#idleTimer);
    const current = this.#current;
    const { process, open } = current?.process.isConnected === true ? current : this.#start();
    process.setReferenced(true);
    const id = this.#nextId++;
    // Throws if the parameters cannot be sent.
    process.send({ kind: 'call', id, name, params } as ToProgram<Calls>);
    const answer = new Promise<ResultOf<Calls, Name>>((resolve, reject) => {
      open.set(id, {
        resolve: (result) => resolve(result as ResultOf<Calls, Name>),
        reject,
        onProgress: (progress) => onProgress(progress as ProgressOf<Calls, Name>),
      });
    });
    const abort = (): void => process.send({ kind: 'abort', id });
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await answer;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends all processes; open calls are rejected. */
  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    await Promise.all([...this.#workers].map((worker) => this.#end(worker)));
  }

  /** Ends all processes without giving them time; open calls are rejected. */
  kill(): void {
    for (const { process } of this.#workers) process.kill('SIGKILL');
  }

  #start(): Worker<Calls> {
    const process = new ProgramProcess<ToProgram<Calls>, FromProgram>(this.#program, (message) =>
      this.#receive(worker, message),
    );
    const worker: Worker<Calls> = { process, open: new Map() };
    this.#workers.add(worker);
    this.#current = worker;
    void process.exited.then((exit) => {
      this.#workers.delete(worker);
      if (this.#current === worker) this.#current = null;
      for (const call of worker.open.values()) call.reject(this.#program.ended(exit));
    });
    return worker;
  }

  #receive(worker: Worker<Calls>, message: FromProgram): void {
    const call = worker.open.get(message.id);
    if (message.kind === 'progress') return call?.onProgress(message.progress);
    worker.open.delete(message.id);
    if (message.kind === 'error') call?.reject(AppError.from(message.error));
    else call?.resolve(message.result);
    if (worker.open.size > 0) return;
    worker.process.setReferenced(false);
    if (worker !== this.#current) return;
    this.#idleTimer = setTimeout(() => void this.#end(worker), this.#program.idleMs).unref();
  }

  /** From here on the process takes no calls: one that arrives while it ends starts another process. */
  async #end(worker: Worker<Calls>): Promise<void> {
    if (this.#current === worker) this.#current = null;
    await worker.process.end();
  }
}

/** One call in a process that ends with it. */
export async function callOnce<Calls extends CallTable<Calls>, Name extends keyof Calls>(
  program: Omit<CalledProgram, 'idleMs'>,
  name: Name,
  params: ParamsOf<Calls, Name>,
  options: CallOptions<ProgressOf<Calls, Name>> = {},
): Promise<ResultOf<Calls, Name>> {
  const calls = new ProgramCalls<Calls>({ ...program, idleMs: 0 });
  try {
    return await calls.call(name, params, options);
  } finally {
    await calls.close();
  }
}
