import { AppError } from '../../src-shared/errors/app-error.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { EngineName, EngineUse } from '../../src-shared/training/run/run.ts';
import type { Engine } from '../engines/interface/engine.ts';
import { findTensorFlow } from './cache.ts';

export type EnginePreference = TrainingConfiguration['engine'];

/**
 * Loads the requested engine. 'auto' selects TensorFlow if it is installed and can be loaded,
 * otherwise ONNX Runtime. The process must have been started with `engineEnvironment`.
 *
 * @param intraOpThreads Threads per operation; 0: the engine's default.
 * @param onFallback Receives the reason if TensorFlow is installed but not used.
 * @throws AppError 'engine/not-installed', 'engine/load-failed' or 'engine/not-available' with the remedy.
 */
export async function selectEngine(
  preference: EnginePreference,
  intraOpThreads = 0,
  onFallback: (reason: string) => void = () => {},
): Promise<Engine> {
  if (preference === 'onnx') return loadOnnx();
  const folder = findTensorFlow()?.folder ?? null;
  if (preference === 'tensorflow') {
    if (folder !== null) return loadTensorFlow(folder, intraOpThreads);
    throw new AppError(
      'engine/not-installed',
      "Expected the TensorFlow engine; it is not installed. Install it on the Engine page ('lamina doctor' shows what is missing), or choose the engine 'auto' or 'onnx'.",
      { engine: 'tensorflow' },
    );
  }
  if (folder === null) return loadOnnx();
  try {
    return await loadTensorFlow(folder, intraOpThreads);
  } catch (error) {
    onFallback(AppError.from(error).message);
    return loadOnnx();
  }
}

/**
 * Loads the engine that trained a run, or another one if it is not available.
 *
 * @param recorded Null: as 'auto'.
 * @throws AppError of the recorded engine if neither can be loaded.
 */
export async function selectRecorded(
  recorded: EngineName | null,
  intraOpThreads: number,
): Promise<{ engine: Engine; use: EngineUse }> {
  if (recorded === null) {
    const engine = await selectEngine('auto', intraOpThreads);
    return { engine, use: { name: engine.name } };
  }
  try {
    return { engine: await selectEngine(recorded, intraOpThreads), use: { name: recorded } };
  } catch (error) {
    const other = recorded === 'tensorflow' ? 'onnx' : 'tensorflow';
    const engine = await selectEngine(other, intraOpThreads).catch(() => {
      throw error;
    });
    return { engine, use: { name: other, insteadOf: { name: recorded, reason: AppError.from(error).message } } };
  }
}

/** Engines are imported when they are asked for: neither native library loads in vain. */
async function loadOnnx(): Promise<Engine> {
  const { loadOnnxEngine } = await import('../engines/onnx/engine.ts');
  return loadOnnxEngine();
}

async function loadTensorFlow(folder: string, intraOpThreads: number): Promise<Engine> {
  const { loadTensorFlowEngine } = await import('../engines/tensorflow/engine.ts');
  return loadTensorFlowEngine(folder, intraOpThreads);
}
