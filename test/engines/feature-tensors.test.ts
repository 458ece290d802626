import { describe, expect, it } from 'vitest';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import { examplesOfSplit, hostExamples } from '../../src-main/engines/interface/example-rows.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { philoxWords, uniform } from '../../src-shared/program/random/philox.ts';
import { configurationWith } from '../support/documents.ts';
import { pairDifference, pairFeatures, twoBranches, twoBranchFeatures } from '../support/feature-tensors.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { begun, templateOf } from '../support/template-cases.ts';
import { engineFolder } from './tensorflow-harness.ts';
import { sessionData, type SplitArrays } from '../support/session-data.ts';
import { evaluate, predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

// Several tensors in one model, against the float64 reference: a table and two pictures, and pairs of pictures.

const ROWS = 12;
const BATCH = 4;
const STEPS = 5;

const photo: SplitArrays['x'] = {
  dtype: 'uint8',
  shape: [ROWS, 6, 6, 3],
  data: Uint8Array.from(philoxWords([7, 7], 0, ROWS * 108), (word) => word >>> 24),
  offset: 0,
  scale: 255,
};
const tableAndPictures: SplitArrays = {
  x: { dtype: 'float32', shape: [ROWS, 3], data: uniform([5, 0], 0, ROWS * 3) },
  'x.the photo': photo,
  'x.map': { dtype: 'float32', shape: [ROWS, 4, 4, 1], data: uniform([6, 0], 0, ROWS * 16) },
  y: { dtype: 'int32', shape: [ROWS, 1], data: Int32Array.from({ length: ROWS }, (_, row) => row % 2) },
};

/** Each picture with the one after it. */
const pairs: SplitArrays = {
  x: photo,
  'x.second': {
    ...photo,
    data: Uint8Array.from({ length: ROWS * 108 }, (_, i) => photo.data[(i + 108) % (ROWS * 108)]!),
  },
  y: tableAndPictures.y,
};

const adam = { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
/** Adam divides small gradients by their size, rounding included. */
const sgd = { kind: 'sgd', learningRate: 0.01, momentum: 0.9, nesterov: true } as const;

const cases = {
  'a table and two pictures': {
    split: tableAndPictures,
    document: twoBranches(),
    features: twoBranchFeatures,
    optimizer: adam,
  },
  'pairs of pictures, by what differs': {
    split: pairs,
    document: pairDifference(),
    features: pairFeatures,
    optimizer: adam,
  },
  'pairs of pictures, joined': {
    split: pairs,
    document: begun(templateOf('branches'), pairFeatures),
    features: pairFeatures,
    optimizer: sgd,
  },
} as const;
type Case = keyof typeof cases;

function compiled({ document, features, optimizer }: (typeof cases)[Case]): CompiledModel {
  const result = compileModel(document, features, configurationWith({ optimizer, seed: 3 }));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.model;
}

function expectClose(actual: HostTensor | undefined, expected: Tensor, name: string): void {
  const largest = Math.max(...Array.from(expected.data, Math.abs));
  const difference = Math.max(...Array.from(expected.data, (value, i) => Math.abs(value - actual!.data[i]!)));
  expect(actual!.data.length, name).toBe(expected.data.length);
  expect(difference, name).toBeLessThanOrEqual(1e-5 * Math.max(1, largest));
}

async function check(engine: Engine, name: Case): Promise<void> {
  const model = compiled(cases[name]);
  const { split } = cases[name];
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1, STEPS] });
  try {
    const first = initialState(model, 3);
    await session.writeState(first);
    const data = sessionData({ train: split });
    await session.loadData(data);
    const indices = Int32Array.from({ length: BATCH * STEPS }, (_, index) => (index * 5) % ROWS);
    const learningRates = new Float32Array(STEPS).fill(0.01);
    const reports = await trainSteps(session, {
      split: 'train',
      indices,
      steps: STEPS,
      learningRates,
    });
    let state = new Map(
      [...first].map(([name, { dtype, shape, data }]) => [name, tensorOf(dtype, shape, data)] as const),
    );
    const examples = hostExamples(examplesOfSplit(data, 'train'), 0, ROWS);
    const all = { ...examples, y: split.y as HostTensor };
    const batchOf = (rows: Int32Array): [string, Tensor][] =>
      Object.entries(all).map(([input, { dtype, shape, data }]) => {
        const length = data.length / ROWS;
        const values = [...rows].flatMap((row) => [...data.subarray(row * length, (row + 1) * length)]);
        return [input, tensorOf(dtype, [rows.length, ...shape.slice(1)], values)];
      });
    for (let step = 0; step < STEPS; step++) {
      const batch = batchOf(indices.subarray(step * BATCH, (step + 1) * BATCH));
      const rate = ['learningRate', tensorOf('float32', [], [Math.fround(0.01)])] as const;
      const result = interpret(model.programs.train, new Map([...batch, rate, ...state]));
      const data = reports.subarray(step * model.reportLength, (step + 1) * model.reportLength);
      expectClose(
        { dtype: 'float32', shape: [data.length], data },
        result.outputs.get('report')!,
        `report of step ${step}`,
      );
      state = new Map([...state, ...result.state]);
    }
    const after = await session.readState([...state.keys()]);
    for (const [name, value] of state) expectClose(after.get(name), value, name);
    const rows = Int32Array.from({ length: ROWS }, (_, row) => row);
    const feeds = new Map([...batchOf(rows), ...state]);
    const report = await evaluate(session, 'train', rows);
    expectClose(
      { dtype: 'float32', shape: [report.length], data: report },
      interpret(model.programs.evaluate, feeds).outputs.get('report')!,
      'evaluation',
    );
    const [prediction] = await predict(session, examples);
    expectClose(prediction, interpret(model.programs.predict, feeds).outputs.get('prediction')!, 'prediction');
  } finally {
    await session.dispose();
  }
}

describe.each(Object.keys(cases) as Case[])(
  'a model of %s trains, evaluates and predicts as the reference does',
  (name) => {
    it.skipIf(engineFolder === null)('on TensorFlow', async () =>
      check(await loadTensorFlowEngine(engineFolder!, 1), name),
    );
    it('on ONNX Runtime', async () => check(await loadOnnxEngine('cpu'), name));
  },
);
