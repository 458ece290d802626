import type { Engine } from '../interface/engine.ts';
import type { ExecutionProvider } from './runtime.ts';
import { describeDevice, loadOnnxBackend } from './runtime.ts';
import { OnnxSession } from './session.ts';

/**
 * The engine on ONNX Runtime; needs no installation.
 *
 * @param provider Execution provider; absent: the best available one.
 */
export async function loadOnnxEngine(provider?: ExecutionProvider): Promise<Engine> {
  const backend = await loadOnnxBackend(provider);
  return {
    name: 'onnx',
    version: backend.version,
    device: describeDevice(backend.provider),
    createSession: (model, options) => OnnxSession.create(backend, model, options),
  };
}
