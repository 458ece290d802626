import { join } from 'node:path';
import { ProgramCalls } from '../../src-main/processes/program-calls.ts';
import { describeExit } from '../../src-main/processes/program-process.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { CaseCalls } from './protocol.ts';

/** Longer than the whole check. */
const IDLE_MS = 3_600_000;

/** A process that runs cases. It starts with the first case, and restarts after a crash or a timeout. */
export class CaseWorker {
  readonly #calls: ProgramCalls<CaseCalls>;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#calls = new ProgramCalls({
      path: join(import.meta.dirname, 'worker.ts'),
      environment: () => environment,
      idleMs: IDLE_MS,
      ended: (exit) =>
        new AppError('gpu-check/worker-ended', `The process ended: ${describeExit(exit)}.\n${exit.output}`),
    });
  }

  /** @throws Error with all details of the failure. */
  async run<Name extends keyof CaseCalls>(
    name: Name,
    params: CaseCalls[Name]['params'],
    limitMs: number,
  ): Promise<CaseCalls[Name]['result']> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void this.#calls.close();
    }, limitMs);
    try {
      return await this.#calls.call(name, params);
    } catch (error) {
      const { message, details } = AppError.from(error);
      const limit = late ? `Not done after ${Math.round(limitMs / 1000)} s.\n` : '';
      throw new Error(`${limit}${message}\n${JSON.stringify(details)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  end(): Promise<void> {
    return this.#calls.close();
  }
}
