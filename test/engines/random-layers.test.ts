import { describe, expect, test } from 'vitest';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import { relativeDifference } from '../support/keras-fixtures.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import { sessionData } from '../support/session-data.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { evaluate, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/** Random numbers come from one counter-based generator: every engine draws the same ones at the same step. */

const ROWS = 12;
const STEPS = 10;
const folder = findTensorFlow()?.folder ?? null;

interface RandomCase {
  readonly title: string;
  readonly shape: number[];
  /** Layers that draw numbers, and layers that learn. */
  readonly layers: readonly LayerLine[];
}

const random: readonly RandomCase[] = [
  {
    title: 'dropout',
    shape: [5],
    layers: [
      { kind: 'Dropout', params: { rate: 0.2 } },
      dense(9, 'tanh'),
      { kind: 'Dropout', params: { rate: 0.5 } },
      dense(3, 'softmax'),
    ],
  },
  {
    title: 'random image layers',
    shape: [6, 7, 2],
    layers: [
      { kind: 'RandomFlip', params: { mode: 'horizontal' } },
      { kind: 'RandomContrast', params: { factor: [0.3, 0.4], valueRange: [0, 1] } },
      { kind: 'RandomBrightness', params: { factor: 0.2, valueRange: [0, 1] } },
      { kind: 'Conv2D', params: { filters: 3, kernelSize: 3, padding: 'same', activation: 'tanh' } },
      { kind: 'RandomTranslation', params: { heightFactor: 0.3, widthFactor: 0.3, fillMode: 'wrap' } },
      { kind: 'RandomZoom', params: { heightFactor: 0.3 } },
      { kind: 'RandomRotation', params: { factor: 0.2, fillMode: 'constant', fillValue: 0.2 } },
      { kind: 'Resizing', params: { height: 5, width: 5 } },
      { kind: 'RandomCrop', params: { height: 4, width: 4 } },
      { kind: 'Flatten' },
      dense(3, 'softmax'),
    ],
  },
];

describe.each(random)('training with $title', ({ title, shape, layers }) => {
  const document = sequentialDocument(layers);
  const features = classFeatures(shape, 3);
  const result = compileModel(document, features, configurationWith({ seed: 4 }));
  if (!result.ok) throw new Error('The model has problems.');
  const { model } = result;
  const weights = initialWeights(model, 4);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const x = uniform([3, 3], 0, ROWS * size);
  const y = Int32Array.from({ length: ROWS }, (_, row) => row % 3);
  const rows = Int32Array.from({ length: ROWS }, (_, row) => row);

  /** Losses of the steps on all rows, then the loss in evaluation. */
  function referenceLosses(of: CompiledModel, steps: number): number[] {
    const tensors = [tensorOf('float32', [ROWS, ...shape], x), tensorOf('int32', [ROWS, 1], y)] as const;
    const session = new ReferenceSession(of, weights, ...tensors);
    const losses = Array.from({ length: steps }, () => session.run(of.programs.train, rows, 0.01)[0]!);
    return [...losses, session.run(of.programs.evaluate, rows)[0]!];
  }

  async function engineLosses(engine: Engine): Promise<number[]> {
    const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
    const step = async (): Promise<number> => {
      const request = { split: 'train', indices: rows, steps: 1, learningRates: Float32Array.of(0.01) } as const;
      return (await trainSteps(session, request))[0]!;
    };
    try {
      await session.writeState(initialState(model, 4));
      await session.loadData(
        sessionData({
          train: {
            x: { dtype: 'float32', shape: [ROWS, ...shape], data: x },
            y: { dtype: 'int32', shape: [ROWS, 1], data: y },
          },
        }),
      );
      const losses: number[] = [];
      let state = new Map<string, HostTensor>();
      for (let number = 0; number < STEPS; number++) {
        if (number === STEPS - 3) {
          const names = [...model.weights, ...model.slots].map(({ name }) => name);
          state = new Map([...(await session.readState(names))].map(([name, each]) => [name, structuredClone(each)]));
        }
        losses.push(await step());
      }
      losses.push((await evaluate(session, 'train', rows))[0]!);
      await session.writeState(state);
      const repeated: number[] = [];
      for (let number = STEPS - 3; number < STEPS; number++) repeated.push(await step());
      expect(repeated, 'a resumed run').toEqual(losses.slice(STEPS - 3, STEPS));
      return losses;
    } finally {
      await session.dispose();
    }
  }

  const expected = referenceLosses(model, STEPS);

  test('draws other numbers in each step', () => {
    expect(new Set(expected.map((loss) => loss.toFixed(6))).size).toBe(expected.length);
  });

  test('onnx equals the reference, and a resumed run repeats the bits', async () => {
    expect(relativeDifference(await engineLosses(await loadOnnxEngine('cpu')), expected)).toBeLessThan(1e-5);
  });

  test.skipIf(folder === null)('tensorflow equals the reference, and a resumed run repeats the bits', async () => {
    const engine = await loadTensorFlowEngine(folder!, 1);
    expect(relativeDifference(await engineLosses(engine), expected)).toBeLessThan(1e-5);
  });

  test('evaluation draws no numbers', () => {
    const randomized = model.programs.evaluate.operations.filter(({ op }) => op === 'randomUniform');
    expect(randomized).toEqual([]);
  });

  test('Keras code has each layer with its arguments', () => {
    const code = kerasCode(toKeras(document, analyze(document, features)));
    for (const { kind } of layers) expect(code).toContain(`layers.${kind}(`);
    if (title === 'dropout') return;
    expect(code).toContain('layers.RandomContrast((0.3, 0.4), value_range=(0, 1)');
    expect(code).toContain('layers.RandomRotation(0.2, fill_mode="constant", fill_value=0.2');
  });
});
