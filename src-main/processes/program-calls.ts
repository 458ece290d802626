import { AppError } from '../../src-shared/errors/app-error.ts';
import type { CallTable, FromProgram, ParamsOf, ProgressOf, ResultOf, ToProgram } from './call-messages.ts';
import { ProgramProcess } from './program-process.ts';
import type { ProgramExit, ProgramStart } from './program-process.ts';

/** For programs of which a cancelled call must end soon. */
export const ABORT_GRACE_MS = 150;

export interface CalledProgram extends ProgramStart {
  /** Error of a call whose process ended before it answered. */
  readonly ended: (exit: ProgramExit) => AppError;
  /** Time without calls after which a process ends. */
  readonly idleMs: number;
  /** Most processes at a time; 1 if absent. Each works on one call at a time. */
  readonly limit?: number;
  /**
   * Time after which a process is killed that still works on an aborted call. The call itself rejects at once with
   * the signal's reason. Absent: the program decides how an aborted call ends.
   */
  readonly abortGraceMs?: number;
}

export interface CallOptions<Progress> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

interface Call {
  readonly id: number;
  readonly name: PropertyKey;
  readonly params: unknown;
  readonly signal: AbortSignal | undefined;
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onProgress(progress: unknown): void;
}

interface Worker<Calls extends CallTable<Calls>> {
  readonly process: ProgramProcess<ToProgram<Calls>, FromProgram>;
  /** What it works on; null: it is idle. */
  call: Call | null;
  /** It takes no further calls. */
  ending: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Typed calls to a program in child processes. A process starts when a call finds none idle, up to the limit; further
 * calls wait. An idle process ends after a while. The program answers with `answerCalls`.
 */
export class ProgramCalls<Calls extends CallTable<Calls>> {
  readonly #program: CalledProgram;
  /** All processes that have not ended, those that are ending included; the last used one is last. */
  readonly #workers = new Set<Worker<Calls>>();
  readonly #waiting: Call[] = [];
  #nextId = 1;

  constructor(program: CalledProgram) {
    this.#program = program;
  }

  /** @throws AppError of the call, `ended` if its process ended first, or the signal's reason. */
  async call<Name extends keyof Calls>(
    name: Name,
    params: ParamsOf<Calls, Name>,
    { signal, onProgress = () => {} }: CallOptions<ProgressOf<Calls, Name>> = {},
  ): Promise<ResultOf<Calls, Name>> {
    const { abortGraceMs } = this.#program;
    if (abortGraceMs !== undefined) signal?.throwIfAborted();
    const answer = Promise.withResolvers<ResultOf<Calls, Name>>();
    const call: Call = {
      id: this.#nextId++,
      name,
      params,
      signal,
      resolve: (result) => answer.resolve(result as ResultOf<Calls, Name>),
      reject: answer.reject,
      onProgress: (progress) => onProgress(progress as ProgressOf<Calls, Name>),
    };
    const abort = (): void => this.#abort(call);
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiting.push(call);
    this.#assign();
    try {
      return await answer.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends all processes; open calls are rejected. */
  async close(): Promise<void> {
    for (const call of this.#waiting.splice(0)) {
      call.reject(this.#program.ended({ code: null, signal: 'SIGTERM', output: '' }));
    }
    await Promise.all([...this.#workers].map((worker) => this.#end(worker)));
  }

  /** Gives waiting calls to idle processes. */
  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle() ?? this.#start();
      if (worker === null) return;
      this.#run(worker, this.#waiting.shift()!);
    }
  }

  #idle(): Worker<Calls> | undefined {
    return [...this.#workers].findLast(({ call, ending, process }) => call === null && !ending && process.isConnected);
  }

  /** @returns Null if there are as many processes as may be. */
  #start(): Worker<Calls> | null {
    const taking = [...this.#workers].filter(({ ending, process }) => !ending && process.isConnected);
    if (taking.length >= (this.#program.limit ?? 1)) return null;
    const process = new ProgramProcess<ToProgram<Calls>, FromProgram>(this.#program, (message) =>
      this.#receive(worker, message),
    );
    const worker: Worker<Calls> = { process, call: null, ending: false, timer: undefined };
    this.#workers.add(worker);
    void process.exited.then((exit) => {
      clearTimeout(worker.timer);
      this.#workers.delete(worker);
      worker.call?.reject(this.#program.ended(exit));
      this.#assign();
    });
    return worker;
  }

  #run(worker: Worker<Calls>, call: Call): void {
    const { process } = worker;
    clearTimeout(worker.timer);
    this.#workers.delete(worker);
    this.#workers.add(worker);
    worker.call = call;
    process.setReferenced(true);
    const { id, name, params } = call;
    try {
      process.send({ kind: 'call', id, name, params } as ToProgram<Calls>);
    } catch (error) {
      // The parameters cannot be sent.
      call.reject(error);
      return this.#release(worker);
    }
    if (call.signal?.aborted === true) process.send({ kind: 'abort', id });
  }

  #abort(call: Call): void {
    const { abortGraceMs } = this.#program;
    const worker = [...this.#workers].find((each) => each.call === call);
    worker?.process.send({ kind: 'abort', id: call.id });
    if (abortGraceMs === undefined) return;
    call.reject(call.signal?.reason);
    const place = this.#waiting.indexOf(call);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (worker === undefined) return;
    worker.timer = setTimeout(() => {
      worker.ending = true;
      worker.process.kill('SIGKILL');
      this.#assign();
    }, abortGraceMs);
  }

  #receive(worker: Worker<Calls>, message: FromProgram): void {
    const { call } = worker;
    if (call?.id !== message.id) return;
    if (message.kind === 'progress') return call.onProgress(message.progress);
    if (message.kind === 'error') call.reject(AppError.from(message.error));
    else call.resolve(message.result);
    this.#release(worker);
  }

  #release(worker: Worker<Calls>): void {
    clearTimeout(worker.timer);
    worker.call = null;
    worker.process.setReferenced(false);
    if (worker.ending) return;
    worker.timer = setTimeout(() => void this.#end(worker), this.#program.idleMs).unref();
    this.#assign();
  }

  /** From here on the process takes no calls. */
  async #end(worker: Worker<Calls>): Promise<void> {
    worker.ending = true;
    clearTimeout(worker.timer);
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
