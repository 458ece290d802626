import { describe, expect, it } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { checkTraining } from '../../src-main/engine-setup/training-check.ts';
import type { Engine, EngineSession, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';

/** The engine with its results changed. */
function spoiled(engine: Engine, change: (name: string, tensor: HostTensor) => HostTensor): Engine {
  return {
    ...engine,
    createSession: async (model, options): Promise<EngineSession> => {
      const session = await engine.createSession(model, options);
      const changed = (tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> =>
        new Map([...tensors].map(([name, tensor]) => [name, change(name, tensor)]));
      return {
        writeState: (values) => session.writeState(values),
        readState: async (names) => changed(await session.readState(names)),
        readPortions: (names) => session.readPortions(names),
        loadData: (data) => session.loadData(data),
        run: async (program, feeds) => changed(await session.run(program, feeds)),
        tensorCount: () => session.tensorCount(),
        dispose: () => session.dispose(),
      };
    },
  };
}

function withValue(name: string, value: (old: number) => number) {
  return (read: string, tensor: HostTensor): HostTensor => {
    if (read !== name || tensor.dtype !== 'float32') return tensor;
    return { ...tensor, data: tensor.data.map((old, index) => (index === 0 ? value(old) : old)) };
  };
}

describe('checkTraining', () => {
  it('accepts ONNX Runtime', async () => {
    expect(await checkTraining(await loadOnnxEngine('cpu'))).toBeLessThan(1e-5);
  });

  it.skipIf(findTensorFlow() === null)('accepts TensorFlow', async () => {
    expect(await checkTraining(await loadTensorFlowEngine(findTensorFlow()!.folder))).toBeLessThan(1e-5);
  });

  it.each([
    ['a wrong loss', withValue('loss', (old) => old * 1.05)],
    ['a wrong weight', withValue('kernel', (old) => old + 0.1)],
    ['a wrong slot', withValue('gamma/velocity', (old) => old + 0.1)],
    ['NaN', withValue('dense', () => NaN)],
  ])('refuses an engine with %s', async (_, change) => {
    const engine = spoiled(await loadOnnxEngine('cpu'), change);
    await expect(checkTraining(engine)).rejects.toMatchObject({ code: 'engine/wrong-result' });
  });
});
