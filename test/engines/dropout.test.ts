import { describe, expect, test } from 'vitest';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { relativeDifference } from '../support/keras-fixtures.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import { sessionData } from '../support/session-data.ts';
import { evaluate, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/** Masks come from one counter-based generator: every engine drops the same values at the same step. */

const ROWS = 12;
const STEPS = 10;
const folder = findTensorFlow()?.folder ?? null;

const document = sequentialDocument([
  { kind: 'Dropout', params: { rate: 0.2 } },
  dense(9, 'tanh'),
  { kind: 'Dropout', params: { rate: 0.5 } },
  dense(3, 'softmax'),
]);
const result = compileModel(document, classFeatures([5], 3), configurationWith({ seed: 4 }));
if (!result.ok) throw new Error('The model has problems.');
const { model } = result;
const weights = initialWeights(model, 4);
const x = uniform([3, 3], 0, ROWS * 5);
const y = Int32Array.from({ length: ROWS }, (_, row) => row % 3);
const rows = Int32Array.from({ length: ROWS }, (_, row) => row);

/** Losses of the steps on all rows, then the loss without dropout. */
function referenceLosses(): number[] {
  const session = new ReferenceSession(
    model,
    weights,
    tensorOf('float32', [ROWS, 5], x),
    tensorOf('int32', [ROWS, 1], y),
  );
  const losses = Array.from({ length: STEPS }, () => session.run(model.programs.train, rows, 0.01)[0]!);
  return [...losses, session.run(model.programs.evaluate, rows)[0]!];
}

async function engineLosses(engine: Engine): Promise<number[]> {
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
  try {
    const state = new Map<string, HostTensor>();
    for (const { name, shape } of model.weights) state.set(name, { dtype: 'float32', shape, data: weights.get(name)! });
    for (const { name, dtype, shape } of model.slots) {
      const count = shape.reduce((product, size) => product * size, 1);
      if (dtype === 'int32') state.set(name, { dtype, shape, data: new Int32Array(count) });
      else state.set(name, { dtype, shape, data: new Float32Array(count) });
    }
    await session.writeState(state);
    await session.loadData(
      sessionData({
        train: {
          x: { dtype: 'float32', shape: [ROWS, 5], data: x },
          y: { dtype: 'int32', shape: [ROWS, 1], data: y },
        },
      }),
    );
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const learningRates = Float32Array.of(0.01);
      const request = { split: 'train', indices: rows, steps: 1, learningRates } as const;
      losses.push((await trainSteps(session, request))[0]!);
    }
    losses.push((await evaluate(session, 'train', rows))[0]!);
    return losses;
  } finally {
    await session.dispose();
  }
}

describe('training with dropout equals the reference', () => {
  const expected = referenceLosses();

  test('masks differ between steps', () => {
    expect(new Set(expected.map((loss) => loss.toFixed(6))).size).toBe(expected.length);
  });

  test('onnx', async () => {
    expect(relativeDifference(await engineLosses(await loadOnnxEngine('cpu')), expected)).toBeLessThan(1e-5);
  });

  test.skipIf(folder === null)('tensorflow', async () => {
    const engine = await loadTensorFlowEngine(folder!, 1);
    expect(relativeDifference(await engineLosses(engine), expected)).toBeLessThan(1e-5);
  });
});
