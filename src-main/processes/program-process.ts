import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Characters of stdout and stderr that are kept for the message about a crash. */
const KEPT_OUTPUT = 4_000;
/** Status of a process that ends itself on SIGTERM, as shells report it. */
const TERMINATED = 143;
/** Information and warnings of TensorFlow: 'I0000 00:00:1796053866.683913 …'. */
const LOG_LINE = /^[IW]\d{4} /;
/** Time between SIGTERM and SIGKILL: a process that is busy in native code does not handle signals. */
const TERM_GRACE_MS = 1_000;

export interface ProgramStart {
  /** Entry file; it runs on this process's Node. */
  readonly path: string;
  /** Called at each start; absent: `process.env`. */
  readonly environment?: () => NodeJS.ProcessEnv;
}

/** How a process ended: an exit status or a signal, and the tail of its stdout and stderr. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A child process that runs one of Lamina's programs, from fork to exit. */
export class ProgramProcess<Sent extends object, Received> {
  readonly exited: Promise<ProgramExit>;
  readonly #child: ChildProcess;
  #output = '';
  #ended = false;

  /** @param onMessage Called with every message, in order; never after `exited`. */
  constructor({ path, environment }: ProgramStart, onMessage: (message: Received) => void) {
    this.#child = fork(path, [], {
      serialization: 'advanced',
      execArgv: [],
      // libuv decodes pictures and reads files in as many threads; its default is 4.
      env: { UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())), ...(environment?.() ?? process.env) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message) => onMessage(message as Received));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#ended = true;
        resolve({ code, signal, output: this.#output.trim() });
      };
      this.#child.on('close', end);
      this.#child.on('error', (error) => {
        this.#output += `\n${error.message}`;
        if (this.#child.pid === undefined) end(null, null);
      });
    });
  }

  /** Undefined if the system refused to start the process; `exited` then resolves. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False once the process has closed its message channel. */
  get isConnected(): boolean {
    return this.#child.connected;
  }

  /** Does nothing if the process is ending; `exited` then resolves. */
  send(message: Sent): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#ended) this.#child.kill(signal);
  }

  /** Sends SIGTERM and, a second later, SIGKILL. Resolves when the process has ended. */
  async end(): Promise<void> {
    this.setReferenced(true);
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), TERM_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** Sets whether this process keeps its parent alive. */
  setReferenced(referenced: boolean): void {
    const method = referenced ? 'ref' : 'unref';
    this.#child[method]();
    this.#child.channel?.[method]();
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      (stream as unknown as { ref(): void; unref(): void } | null)?.[method]();
    }
  }
}

/** Human-readable reason for an unexpected process exit. */
export function describeExit({ code, signal, output }: ProgramExit): string {
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL), by a person or by the system for lack of memory';
  const error = errorLine(output);
  if (signal === 'SIGTERM' || code === TERMINATED) return 'it was ended (SIGTERM), by a person or by Lamina';
  const how = signal === null ? `it ended with status ${code ?? 'unknown'}` : `it crashed (${signal})`;
  return error === undefined ? how : `${how}: ${error}`;
}

/** True if the process may have ended for lack of memory. */
export function mayLackMemory({ signal, output }: ProgramExit): boolean {
  return signal === 'SIGKILL' || output.includes('heap out of memory') || output.includes('std::bad_alloc');
}

/** The line of an uncaught error, above its stack; otherwise the last line. */
function errorLine(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !LOG_LINE.test(line));
  return (lines.findLast((line) => /^(FATAL ERROR|\w*Error\b.*): /.test(line)) ?? lines.at(-1))?.trim();
}
