import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { EngineStatus } from '../../src-shared/contract/contract.ts';
import { NUMERICS_VERSION } from '../../src-shared/training/run/numerics.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import { cacheFolder } from '../system/cache-folder.ts';
import type { EngineCalls, OnProgress } from '../engine-setup/calls.ts';
import { findNvidiaDriver } from '../engine-setup/gpu.ts';
import type { GpuDriver } from '../engine-setup/gpu.ts';
import { sweepInstallation } from '../engine-setup/install.ts';
import { probeEngines } from '../engine-setup/probe.ts';
import { callOnce } from '../processes/program-calls.ts';
import { describeExit } from '../processes/program-process.ts';
import type { ProgramExit } from '../processes/program-process.ts';
import type { Emit } from '../../src-shared/contract/dispatcher.ts';
import { laminaVersion, programPath } from '../programs.ts';

/** Minimum interval between progress events of one installation step. */
const PROGRESS_MS = 100;

/** Facts about this machine that decide which engines work. */
export interface Machine {
  readonly lamina: string;
  readonly numerics: number;
  readonly node: string;
  readonly platform: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpu: GpuDriver | null;
  /** Where engines are installed. */
  readonly cacheFolder: string;
}

/** The engines of this machine, and at most one installation. */
export class EngineService {
  readonly #emit: Emit;
  #installation: { readonly name: EngineName; readonly abort: AbortController; readonly done: Promise<string> } | null =
    null;

  #swept = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** @param fresh Measures again instead of using the result of an earlier measurement. */
  async status(fresh = false): Promise<EngineStatus[]> {
    if (!this.#swept) void sweepInstallation();
    this.#swept = true;
    const engines = await probeEngines({ fresh });
    const installing = this.#installation?.name;
    return engines.map((engine) => (engine.name === installing ? { ...engine, state: 'installing' } : engine));
  }

  machine(): Machine {
    return {
      lamina: laminaVersion(),
      numerics: NUMERICS_VERSION,
      node: process.versions.node,
      platform: `${platform()} ${release()} ${arch()}`,
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      gpu: findNvidiaDriver(),
      cacheFolder: cacheFolder(),
    };
  }

  /**
   * Starts an installation; events report its progress and its end.
   *
   * @param prepared A folder, wheel or archive prepared on another machine.
   * @returns Resolves with the engine folder, or rejects with the installation's AppError.
   * @throws AppError 'engine/nothing-to-install' or 'engine/installing', before anything starts.
   */
  install(name: EngineName, prepared: string | undefined): Promise<string> {
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
    const done = this.#install(name, prepared, abort.signal);
    this.#installation = { name, abort, done };
    return done;
  }

  /** Cancels an installation; the next one continues with the files that were downloaded. */
  async close(): Promise<void> {
    this.#installation?.abort.abort();
    await this.#installation?.done.catch(() => {});
  }

  async #install(name: EngineName, prepared: string | undefined, signal: AbortSignal): Promise<string> {
    const send = (step: string, fraction: number | null, done: boolean, error: AppError | null): void =>
      this.#emit('engines.installProgress', { name, step, fraction, done, error: error?.toJSON() ?? null });
    let sentStep = '';
    let sentAt = 0;
    const onProgress: OnProgress = (step, fraction) => {
      if (step === sentStep && Date.now() - sentAt < PROGRESS_MS) return;
      sentStep = step;
      sentAt = Date.now();
      send(step, fraction, false, null);
    };
    try {
      const folder = await callOnce<EngineCalls, 'install'>(
        { path: programPath('engines'), ended: installerEnded },
        'install',
        { prepared },
        { signal, onProgress: ({ step, fraction }) => onProgress(step, fraction) },
      );
      send('Installed', 1, true, null);
      return folder;
    } catch (error) {
      send(sentStep, null, true, AppError.from(error));
      throw error;
    } finally {
      this.#installation = null;
      if (!signal.aborted) this.#emit('engines.changed', { engines: await this.status() });
    }
  }
}

function installerEnded(exit: ProgramExit): AppError {
  return new AppError(
    'engine/installer-ended',
    `The installation ended unexpectedly: ${describeExit(exit)}. Install the engine again; files that were downloaded are used again.`,
    { output: exit.output },
  );
}
