import { beforeAll, describe, expect, it } from 'vitest';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import type { DataArray, Engine, EngineSession, SessionData } from '../../src-main/engines/interface/engine.ts';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import type { SplitName } from '../../src-shared/data/dataset-document.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { philoxWords, uniform } from '../../src-shared/program/random/philox.ts';
import { configurationWith } from '../support/documents.ts';
import { sessionData, type SplitArrays } from '../support/session-data.ts';
import { engineFolder } from './tensorflow-harness.ts';
import { evaluate, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

// A model of two pictures per example, which are rows of one array.

const PICTURES = 7;
const BATCH = 4;
const STEPS = 5;
const SIZE = 3 * 3;
/** Pictures of each example: some are in both lists, some in one, one in none. */
const left = Int32Array.of(0, 5, 2, 2, 6, 1, 0, 5, 4, 1);
const right = Int32Array.of(5, 0, 2, 4, 1, 1, 6, 5, 0, 2);
const y = Int32Array.from(left, (picture, example) => (picture === right[example] ? 1 : 0));
const splits = { train: Int32Array.of(8, 1, 4, 3, 0, 6), validation: Int32Array.of(2, 9), test: Int32Array.of(7, 5) };

const bytes: DataArray = {
  dtype: 'uint8',
  shape: [PICTURES, 3, 3, 1],
  data: Uint8Array.from(philoxWords([7, 7], 0, PICTURES * SIZE), (word) => word >>> 24),
  offset: 3,
  scale: 255,
};
const floats: DataArray = {
  dtype: 'float32',
  shape: bytes.shape,
  data: uniform([6, 0], 0, PICTURES * SIZE),
};

/** One array that both inputs read. */
function shared(pictures: DataArray): SessionData {
  return {
    arrays: { pictures, y: { dtype: 'int32', shape: [y.length, 1], data: y } },
    inputs: {
      x: { array: 'pictures', rows: left },
      'x.right': { array: 'pictures', rows: right },
      y: { array: 'y', rows: null },
    },
    splits,
  };
}

/** An array for each input, with a row for each of the examples; the splits follow each other. */
function separate(pictures: DataArray): SessionData {
  const copied = (rows: Int32Array): DataArray => {
    const values = [...rows].flatMap((row) => [...pictures.data.subarray(row * SIZE, (row + 1) * SIZE)]);
    const shape = [rows.length, 3, 3, 1];
    return pictures.dtype === 'uint8'
      ? { ...pictures, shape, data: Uint8Array.from(values) }
      : { dtype: 'float32', shape, data: Float32Array.from(values) };
  };
  const ofSplit = (examples: Int32Array): SplitArrays => ({
    x: copied(examples.map((example) => left[example]!)),
    'x.right': copied(examples.map((example) => right[example]!)),
    y: { dtype: 'int32', shape: [examples.length, 1], data: examples.map((example) => y[example]!) },
  });
  return sessionData({
    train: ofSplit(splits.train),
    validation: ofSplit(splits.validation),
    test: ofSplit(splits.test),
  });
}

function compiled(): CompiledModel {
  const node = (id: string, kind: string, params: ModelDocument['nodes'][number]['params'] = {}) => {
    return { id, kind, name: id, params, position: { x: 0, y: 0 }, frozen: false };
  };
  const nodes = [
    node('left', 'Input', { columns: ['left'] }),
    node('leftFlat', 'Flatten'),
    node('right', 'Input', { columns: ['right'] }),
    node('rightFlat', 'Flatten'),
    node('joined', 'Concatenate'),
    node('classes', 'Dense', { units: 2, activation: 'softmax' }),
    node('output', 'Output'),
  ];
  const edges = [
    ['left', 'leftFlat'],
    ['leftFlat', 'joined'],
    ['right', 'rightFlat'],
    ['rightFlat', 'joined'],
    ['joined', 'classes'],
    ['classes', 'output'],
  ].map(([source, target]) => ({ id: `${source}-${target}`, source: source!, target: target! }));
  const picture = (name: string) =>
    ({ type: 'image', name, shape: [3, 3, 1] as [number, number, number], offset: 3, scale: 255 }) as const;
  const features: FeatureSpec = {
    columns: [picture('left'), picture('right')],
    inputShape: [3, 3, 1],
    targets: [{ kind: 'classes', name: 'same', classes: ['no', 'yes'] }],
    weight: null,
  };
  const optimizer = { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
  const result = compileModel(
    { format: 'lamina.model', version: 6, name: 'pair', nodes, edges, blocks: [] },
    features,
    configurationWith({ optimizer, seed: 3 }),
  );
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.model;
}

/** Evaluates each split, trains some steps and evaluates again. @returns All reports and the weights. */
async function results(session: EngineSession, model: CompiledModel, data: SessionData): Promise<unknown> {
  await session.writeState(initialState(model, 3));
  await session.loadData(data);
  const evaluations = async (): Promise<Float32Array[]> => [
    await evaluate(session, 'train', Int32Array.of(0, 1, 2, 3, 4, 5)),
    await evaluate(session, 'validation', Int32Array.of(0, 1)),
    await evaluate(session, 'test', Int32Array.of(1, 0)),
  ];
  const before = await evaluations();
  const reports = await trainSteps(session, {
    split: 'train',
    indices: Int32Array.from({ length: BATCH * STEPS }, (_, index) => (index * 5) % splits.train.length),
    steps: STEPS,
    learningRates: new Float32Array(STEPS).fill(0.01),
  });
  const state = await session.readState(model.weights.map(({ name }) => name));
  return { before, reports, after: await evaluations(), state };
}

function testsOf(load: () => Promise<Engine>): void {
  const model = compiled();
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });

  async function withSession<Result>(use: (session: EngineSession) => Promise<Result>): Promise<Result> {
    const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1, STEPS] });
    try {
      return await use(session);
    } finally {
      await session.dispose();
    }
  }

  it.each([
    ['bytes', bytes],
    ['floats', floats],
  ])('equal two separate arrays, bit for bit: %s', (_, pictures) =>
    withSession(async (session) => {
      const expected = await results(session, model, separate(pictures));
      // Loading replaces the data; the other order leaves nothing behind either.
      expect(await results(session, model, shared(pictures))).toEqual(expected);
      expect(await results(session, model, separate(pictures))).toEqual(expected);
    }),
  );

  it('each split has its own examples', () =>
    withSession(async (session) => {
      await session.writeState(initialState(model, 3));
      const reportOf = async (data: SessionData, split: SplitName, indices: Int32Array): Promise<Float32Array> => {
        await session.loadData(data);
        return evaluate(session, split, indices);
      };
      const everything = { ...splits, train: Int32Array.from(y, (_, example) => example) };
      const all = { ...shared(bytes), splits: everything };
      for (const split of ['validation', 'test'] as const) {
        const found = await reportOf(all, split, Int32Array.of(0, 1));
        expect(found).toEqual(await reportOf(all, 'train', splits[split]));
        expect(found).not.toEqual(await reportOf(all, 'train', Int32Array.of(0, 1)));
      }
    }));

  it('a list with a row that the array does not have is refused, as is a split without examples', () =>
    withSession(async (session) => {
      await session.writeState(initialState(model, 3));
      const data = shared(bytes);
      const refused: readonly [SessionData, string][] = [
        [{ ...data, inputs: { ...data.inputs, x: { array: 'pictures', rows: left.map((row) => row + 1) } } }, 'x'],
        [{ ...data, splits: { ...splits, test: Int32Array.of(y.length) } }, 'test'],
        [{ ...data, splits: { ...splits, train: Int32Array.of(-1) } }, 'train'],
      ];
      for (const [wrong, what] of refused) {
        await expect(session.loadData(wrong), what).rejects.toMatchObject({ code: 'engine/row-out-of-range' });
      }
      await session.loadData({ ...data, splits: { ...splits, test: new Int32Array(0) } });
      await expect(evaluate(session, 'test', Int32Array.of(0))).rejects.toMatchObject({
        code: 'engine/split-not-loaded',
        details: { split: 'test' },
      });
      await expect(evaluate(session, 'validation', Int32Array.of(2))).rejects.toMatchObject({
        code: 'engine/row-out-of-range',
      });
    }));
}

describe('two inputs that read one array', () => {
  describe.skipIf(engineFolder === null)('on TensorFlow', () => testsOf(() => loadTensorFlowEngine(engineFolder!, 1)));
  describe('on ONNX Runtime', () => testsOf(() => loadOnnxEngine('cpu')));
});
