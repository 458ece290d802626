import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { toHost } from './prepared-operations.ts';
import { sessionData } from '../support/session-data.ts';
import { predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

const ROWS = 6;
const STEPS = 3;

const convolutional = sequentialDocument([
  { kind: 'Conv2D', params: { filters: 3, activation: 'relu' } },
  { kind: 'Conv2D', params: { filters: 4, padding: 'same', strides: 2, activation: 'tanh' } },
  { kind: 'MaxPooling2D' },
  { kind: 'Dropout', params: { rate: 0.25 } },
  { kind: 'Flatten' },
  dense(5, 'sigmoid'),
  dense(3, 'softmax'),
]);
const frozen = sequentialDocument([
  { kind: 'Flatten' },
  dense(6, 'relu', { name: 'frozen', frozen: true }),
  dense(3, 'softmax'),
]);

const momentum = { kind: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true } as const;

const examples: Record<string, { document: ModelDocument; changes: Partial<TrainingConfiguration> }> = {
  'convolutions, pooling and dropout with Adam': { document: convolutional, changes: {} },
  'convolutions, pooling and dropout with Nesterov momentum': {
    document: convolutional,
    changes: { optimizer: momentum },
  },
  'a frozen layer': { document: frozen, changes: { optimizer: momentum } },
};

function compile({ document, changes }: (typeof examples)[string]): CompiledModel {
  const result = compileModel(document, classFeatures([8, 9, 2], 3), configurationWith(changes));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.model;
}

function startingState(model: CompiledModel): Map<string, Tensor> {
  const weights = initialWeights(model, 3);
  const state = new Map(
    model.weights.map(({ name, shape }) => [name, tensorOf('float32', shape, weights.get(name)!)] as const),
  );
  for (const { name, dtype, shape, initial } of model.slots) {
    const count = shape.reduce((product, extent) => product * extent, 1);
    state.set(name, tensorOf(dtype, shape, Array<number>(count).fill(initial)));
  }
  return state;
}

function expectClose(actual: HostTensor | undefined, expected: Tensor, name: string): void {
  expect(actual?.shape, name).toEqual(expected.shape);
  expected.data.forEach((value, index) => {
    const difference = Math.abs(actual!.data[index]! - value);
    expect(difference, `${name}, element ${index}`).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
  });
}

let engine: Engine;
beforeAll(async () => {
  engine = await loadOnnxEngine('cpu');
});

describe('compiled models on ONNX Runtime step as the reference interpreter does', () => {
  for (const [name, example] of Object.entries(examples)) {
    it(name, async () => {
      const model = compile(example);
      const { learningRate } = configurationWith(example.changes).optimizer;
      const x = uniform([1, 2], 0, ROWS * 8 * 9 * 2);
      const y = [0, 2, 1, 1, 0, 2];
      const feeds = {
        x: tensorOf('float32', [ROWS, 8, 9, 2], x),
        y: tensorOf('int32', [ROWS, 1], y),
        learningRate: tensorOf('float32', [], [Math.fround(learningRate)]),
      };
      let state = startingState(model);
      const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1, STEPS] });
      try {
        await session.writeState(new Map([...state].map(([key, value]) => [key, toHost(value)])));
        await session.loadData(
          sessionData({
            train: {
              x: { dtype: 'float32', shape: [ROWS, 8, 9, 2], data: x },
              y: { dtype: 'int32', shape: [ROWS, 1], data: Int32Array.from(y) },
            },
          }),
        );
        const indices = Int32Array.from({ length: ROWS * STEPS }, (_, index) => index % ROWS);
        const learningRates = new Float32Array(STEPS).fill(learningRate);
        const request = { split: 'train', indices, steps: STEPS, learningRates } as const;
        const reports = await trainSteps(session, request);
        for (let step = 0; step < STEPS; step++) {
          const result = interpret(model.programs.train, new Map([...Object.entries(feeds), ...state]));
          const data = reports.subarray(step * model.reportLength, (step + 1) * model.reportLength);
          const report = { dtype: 'float32', shape: [model.reportLength], data } as const;
          expectClose(report, result.outputs.get('report')!, `report ${step}`);
          state = new Map([...state, ...result.state]);
        }
        const after = await session.readState([...state.keys()]);
        for (const [key, value] of state) expectClose(after.get(key), value, key);
        const [prediction] = await predict(session, { x: toHost(feeds.x) });
        const expected = interpret(model.programs.predict, new Map([...Object.entries(feeds), ...state]));
        expectClose(prediction, expected.outputs.get('prediction')!, 'prediction');
      } finally {
        await session.dispose();
      }
    });
  }
});
