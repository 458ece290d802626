import { AppError } from '../../src-shared/errors/app-error.ts';
import type { EngineStatus } from '../../src-shared/contract/contract.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import { installTensorFlow, sweepInstallation } from '../engine-setup/install.ts';
import { probeEngines } from '../engine-setup/probe.ts';
import type { Emit } from './events/emit.ts';

/** Progress events of one installation step come no more often than this. */
const PROGRESS_MS = 100;

/** Which engines this machine has, and the one installation that a person may have started. */
export class EngineService {
  readonly #emit: Emit;
  #installation: { readonly name: EngineName; readonly abort: AbortController; readonly done: Promise<void> } | null =
    null;

  #swept = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** @param fresh Measures anew instead of using what an earlier look found. */
  async status(fresh = false): Promise<EngineStatus[]> {
    if (!this.#swept) void sweepInstallation();
    this.#swept = true;
    const engines = await probeEngines({ fresh });
    const installing = this.#installation?.name;
    return engines.map((engine) => (engine.name === installing ? { ...engine, state: 'installing' } : engine));
  }

  /**
   * Starts an installation; progress and its end come as events.
   *
   * @param archive A folder, wheel or archive prepared on another machine.
   * @throws AppError 'engine/nothing-to-install' or 'engine/installing'.
   */
  install(name: EngineName, archive: string | undefined): void {
    if (name !== 'tensorflow') {
      throw new AppError(
        'engine/nothing-to-install',
        `The ${name} engine comes with Lamina; there is nothing to install. If it does not work, repair Lamina with 'npm ci'.`,
        { name },
      );
    }
    if (this.#installation !== null) {
      throw new AppError('engine/installing', 'The engine is being installed already. Wait until it is done.', {
        name,
      });
    }
    const abort = new AbortController();
    this.#installation = { name, abort, done: this.#run(name, archive, abort.signal) };
  }

  /** Ends an installation under way; a later one goes on with what was downloaded. */
  async close(): Promise<void> {
    this.#installation?.abort.abort();
    await this.#installation?.done;
  }

  async #run(name: EngineName, archive: string | undefined, signal: AbortSignal): Promise<void> {
    const tell = (step: string, fraction: number | null, done: boolean, error: AppError | null): void =>
      this.#emit('engines.installProgress', { name, step, fraction, done, error: error?.toJSON() ?? null });
    let toldStep = '';
    let toldAt = 0;
    const onProgress = (step: string, fraction: number | null): void => {
      if (step === toldStep && Date.now() - toldAt < PROGRESS_MS) return;
      toldStep = step;
      toldAt = Date.now();
      tell(step, fraction, false, null);
    };
    try {
      await installTensorFlow(onProgress, { signal, ...(archive === undefined ? {} : { prepared: archive }) });
      tell('Installed', 1, true, null);
    } catch (error) {
      tell(toldStep, null, true, AppError.from(error));
    } finally {
      this.#installation = null;
    }
    if (!signal.aborted) this.#emit('engines.changed', { engines: await this.status() });
  }
}
