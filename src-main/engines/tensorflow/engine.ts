import { AppError } from '../../../src-shared/errors/app-error.ts';
import { loadTensorFlow } from './load.ts';
import { TensorFlowSession } from './session.ts';
import type { LoadedTensorFlow } from './load.ts';
import type { Engine, EngineSession, SessionModel, SessionOptions } from '../interface/engine.ts';

/** Runs programs as TensorFlow graphs in the native library of tfjs-node. */
export class TensorFlowEngine implements Engine {
  readonly name = 'tensorflow';
  readonly version: string;
  readonly device: string;
  readonly #loaded: LoadedTensorFlow;

  constructor(loaded: LoadedTensorFlow) {
    this.#loaded = loaded;
    this.version = loaded.version;
    this.device = loaded.device;
  }

  async createSession(model: SessionModel, options: SessionOptions): Promise<EngineSession> {
    const { intraOpThreads } = this.#loaded;
    if (options.intraOpThreads !== 0 && options.intraOpThreads !== intraOpThreads) {
      throw new AppError(
        'engine/threads-fixed',
        `Expected a session with ${intraOpThreads === 0 ? "TensorFlow's default number of" : intraOpThreads} threads per ` +
          `operation, as set when the library was loaded; received ${options.intraOpThreads}. ` +
          'Load the engine with that number in another process.',
      );
    }
    return TensorFlowSession.create(this.#loaded.tf, model, options);
  }
}

/**
 * Loads TensorFlow from an engine folder.
 *
 * @param folder See `loadTensorFlow`.
 * @param intraOpThreads Threads per operation, for all sessions of this process; 0: one per core.
 * @throws AppError `engine/not-installed`, `engine/load-failed`, `engine/already-loaded`.
 */
export async function loadTensorFlowEngine(folder: string, intraOpThreads = 0): Promise<TensorFlowEngine> {
  return new TensorFlowEngine(loadTensorFlow(folder, intraOpThreads));
}
