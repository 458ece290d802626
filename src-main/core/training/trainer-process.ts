import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { engineEnvironment } from '../../engine-setup/cache.ts';
import { programPath } from '../../programs.ts';
import type { FromTrainer, ToTrainer } from '../../training-protocol/protocol.ts';

/** Characters of stdout and stderr that are kept for the message about a crash. */
const KEPT_OUTPUT = 4_000;

/** How a process ended: an exit status or a signal, and the tail of its stderr. */
export interface TrainerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A trainer process, from fork to exit. */
export class TrainerProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<TrainerExit>;
  #output = '';
  #ended = false;

  /**
   * @param onMessage Called with every message, in order; never after `exited`.
   */
  constructor(onMessage: (message: FromTrainer) => void) {
    this.#child = fork(programPath('trainer'), [], {
      serialization: 'advanced',
      execArgv: [],
      env: { ...process.env, ...engineEnvironment() },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message) => onMessage(message as FromTrainer));
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

  /** Undefined where the system refused to start it; `exited` then resolves. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Does nothing if the process is ending; `exited` then resolves. */
  send(message: ToTrainer): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#ended) this.#child.kill(signal);
  }

  /** Whether this process keeps core alive. */
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
export function describeExit({ code, signal, output }: TrainerExit): string {
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL), by a person or by the system for lack of memory';
  const error = errorLine(output);
  const how = signal === null ? `it ended with status ${code ?? 'unknown'}` : `it crashed (${signal})`;
  return error === undefined ? how : `${how}: ${error}`;
}

/** The line of an uncaught error, above its stack; otherwise the last line. */
function errorLine(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /^\w*Error\b.*: /.test(line)) ?? lines.at(-1))?.trim();
}
