import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { WorkerAnswer, WorkerRequest, WorkerResult } from './protocol.ts';

/** Of what a worker wrote to stderr, kept for when it crashes. */
const KEPT_OUTPUT = 6000;

type Unnumbered<Request> = Request extends unknown ? Omit<Request, 'id'> : never;

/** A process that runs cases; started when the first comes, and again after it crashed or was too slow. */
export class CaseWorker {
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  #stderr = '';
  #next = 1;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** @throws Error with all that the worker said. The next case gets a fresh process where this one's ended. */
  run<Result extends WorkerResult>(request: Unnumbered<WorkerRequest>, limitMs: number): Promise<Result> {
    const child = (this.#child ??= this.#start());
    const id = this.#next++;
    this.#stderr = '';
    return new Promise((resolve, reject) => {
      const done = (act: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        act();
      };
      const onMessage = (message: unknown): void => {
        const answer = message as WorkerAnswer;
        if (answer.id !== id) return;
        if ('result' in answer) done(() => resolve(answer.result as Result));
        else done(() => reject(new Error(`${answer.error}\n${this.#stderr}`.trim())));
      };
      const onExit = (status: number | null, signal: NodeJS.Signals | null): void => {
        this.#child = null;
        done(() => reject(new Error(`The process ended (${signal ?? `status ${status}`}).\n${this.#stderr}`.trim())));
      };
      const timer = setTimeout(() => {
        this.#child = null;
        child.kill('SIGKILL');
        done(() => reject(new Error(`Not done after ${Math.round(limitMs / 1000)} s.\n${this.#stderr}`.trim())));
      }, limitMs);
      child.on('message', onMessage).on('exit', onExit);
      child.send({ ...request, id });
    });
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #start(): ChildProcess {
    const child = fork(join(import.meta.dirname, 'worker.ts'), [], {
      env: this.#environment,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#stderr = (this.#stderr + text).slice(-KEPT_OUTPUT);
      });
    }
    return child;
  }
}
