import { beforeAll, describe, expect, it } from 'vitest';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import { engineFolder } from './tensorflow-harness.ts';
import type { Engine, EngineSession, HostTensor } from '../../src-main/engines/interface/engine.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { OptimizerConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { LayerLine } from '../support/documents.ts';
import { residentGrowth } from '../support/resident-memory.ts';
import { sessionData, type SplitArrays } from '../support/session-data.ts';
import { evaluate, predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

const ROWS = 200;
const BATCH = 20;

/** Points in the square; class 1 if both coordinates have the same sign. */
function sameSign(): SplitArrays {
  const x = uniform([5, 0], 0, ROWS * 2).map((value) => value * 2 - 1);
  const y = Int32Array.from({ length: ROWS }, (_, row) => (x[row * 2]! * x[row * 2 + 1]! > 0 ? 1 : 0));
  return { x: { dtype: 'float32', shape: [ROWS, 2], data: x }, y: { dtype: 'int32', shape: [ROWS, 1], data: y } };
}

const adam: OptimizerConfiguration = { kind: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const withDropout: readonly LayerLine[] = [
  dense(16, 'relu', { name: 'hidden' }),
  { kind: 'Dropout', params: { rate: 0.2 } },
  dense(2, 'softmax', { name: 'classes' }),
];

function compiled(optimizer: OptimizerConfiguration = adam, layers = withDropout): CompiledModel {
  const result = compileModel(
    sequentialDocument(layers),
    classFeatures([2], 2),
    configurationWith({ optimizer, seed: 3, metrics: ['accuracy'] }),
  );
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.model;
}

function initialState(model: CompiledModel): Map<string, HostTensor> {
  const state = new Map<string, HostTensor>();
  const weights = initialWeights(model, 3);
  for (const { name, shape } of model.weights) state.set(name, { dtype: 'float32', shape, data: weights.get(name)! });
  for (const { name, dtype, shape, initial } of model.slots) {
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (dtype === 'int32') state.set(name, { dtype, shape, data: new Int32Array(count).fill(initial) });
    else state.set(name, { dtype, shape, data: new Float32Array(count).fill(initial) });
  }
  return state;
}

const rows = (start: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, index) => (start + index) % ROWS);

const namesOf = (model: CompiledModel): string[] => [...model.weights, ...model.slots].map(({ name }) => name);

/** Trains `calls` times `steps` steps on rows in order. @returns The losses. */
async function train(session: EngineSession, calls: number, steps: number, learningRate = 0.02): Promise<number[]> {
  const losses: number[] = [];
  for (let call = 0; call < calls; call++) {
    const reports = await trainSteps(session, {
      split: 'train',
      indices: rows(call * steps * BATCH, steps * BATCH),
      steps,
      learningRates: new Float32Array(steps).fill(learningRate),
    });
    const length = reports.length / steps;
    for (let step = 0; step < steps; step++) losses.push(reports[step * length]!);
  }
  return losses;
}

async function withSession<Result>(
  engine: Engine,
  model: CompiledModel,
  use: (session: EngineSession) => Promise<Result>,
): Promise<Result> {
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1, 5] });
  try {
    await session.loadData(sessionData({ train: sameSign() }));
    await session.writeState(initialState(model));
    return await use(session);
  } finally {
    await session.dispose();
  }
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...Array.from(expected, (value, index) => Math.abs(value - actual[index]!)));
}

describe.skipIf(engineFolder === null)('TensorFlow engine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadTensorFlowEngine(engineFolder!, 1);
  });

  it('reports name, version and device', () => {
    expect(engine.name).toBe('tensorflow');
    expect(engine.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(engine.device).toMatch(/^(CPU|GPU)/);
  });

  it('learns, evaluates and predicts', () =>
    withSession(engine, compiled(), async (session) => {
      const before = await evaluate(session, 'train', rows(0, ROWS));
      await train(session, 80, 5);
      const after = await evaluate(session, 'train', rows(0, ROWS));
      expect(after[0]).toBeLessThan(before[0]! / 3);
      expect(after[1]).toBeGreaterThan(ROWS * 0.93);

      const corners = Float32Array.of(0.8, 0.8, -0.8, 0.8, -0.8, -0.8);
      const [prediction] = await predict(session, { x: { dtype: 'float32', shape: [3, 2], data: corners } });
      expect(prediction!.shape).toEqual([3, 2]);
      const isSameSign = [0, 1, 2].map((row) => prediction!.data[row * 2 + 1]! > 0.5);
      expect(isSameSign).toEqual([true, false, true]);
    }));

  it('results do not depend on the steps per call, bit for bit', async () => {
    const model = compiled();
    const runs = [];
    for (const [calls, steps] of [
      [20, 1],
      [4, 5],
    ] as const) {
      runs.push(
        await withSession(engine, model, async (session) => ({
          losses: await train(session, calls, steps),
          state: await session.readState(namesOf(model)),
        })),
      );
    }
    expect(runs[1]).toEqual(runs[0]);
  });

  it('continues from saved state exactly like an uninterrupted run', async () => {
    const model = compiled();
    const run = (calls: readonly number[], start?: ReadonlyMap<string, HostTensor>) =>
      withSession(engine, model, async (session) => {
        if (start !== undefined) await session.writeState(start);
        for (const count of calls) await train(session, count, 5);
        return session.readState(namesOf(model));
      });
    const whole = await run([2, 2]);
    expect(await run([2], await run([2]))).toEqual(whole);
    expect(whole.get('optimizer/step')!.data).toEqual(Int32Array.of(20));
  });

  const optimizers: readonly OptimizerConfiguration[] = [
    { kind: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false },
    { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false },
    { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true },
    adam,
  ];
  for (const optimizer of optimizers) {
    it(`equals the reference after five steps of ${JSON.stringify(optimizer)}`, async () => {
      const model = compiled(optimizer);
      const steps = 5;
      const trained = await withSession(engine, model, async (session) => {
        await train(session, 1, steps, 0.05);
        return session.readState(namesOf(model));
      });
      let state = new Map(
        [...initialState(model)].map(([name, tensor]) => [name, tensorOf(tensor.dtype, tensor.shape, tensor.data)]),
      );
      const { x, y } = sameSign();
      for (let step = 0; step < steps; step++) {
        const batch = rows(step * BATCH, BATCH);
        const features = [...batch].flatMap((row) => [...x.data.subarray(row * 2, row * 2 + 2)]);
        const feeds = new Map(state)
          .set('x', tensorOf('float32', [BATCH, 2], features))
          .set(
            'y',
            tensorOf(
              'int32',
              [BATCH, 1],
              [...batch].map((row) => y.data[row]!),
            ),
          )
          .set('learningRate', tensorOf('float32', [], [Math.fround(0.05)]));
        state = new Map([...state, ...interpret(model.programs.train, feeds).state]);
      }
      for (const name of namesOf(model)) {
        expect(largestDifference(trained.get(name)!.data, state.get(name)!.data), name).toBeLessThan(2e-5);
      }
    });
  }

  it('losses equal those of the ONNX engine', async () => {
    const model = compiled();
    const run = (session: EngineSession) => train(session, 6, 5);
    const tensorflow = await withSession(engine, model, run);
    const onnx = await withSession(await loadOnnxEngine('cpu'), model, run);
    expect(largestDifference(tensorflow, onnx)).toBeLessThan(1e-5);
  });

  it('frozen layers keep their weights', async () => {
    const [hidden, dropout, classes] = withDropout;
    const model = compiled(adam, [{ ...hidden!, frozen: true }, dropout!, classes!]);
    await withSession(engine, model, async (session) => {
      await train(session, 5, 5);
      const after = await session.readState(namesOf(model));
      const before = initialState(model);
      expect(after.get('hidden/kernel')).toEqual(before.get('hidden/kernel'));
      expect(after.get('classes/kernel')).not.toEqual(before.get('classes/kernel'));
    });
  });

  it('decodes bytes as (value - offset) / scale, and replaces a split', () =>
    withSession(engine, compiled(), async (session) => {
      const split = sameSign();
      // An odd number of rows, so that bytes do not fill whole words; the array starts off a word boundary.
      const count = ROWS - 1;
      const bytes = new Uint8Array(count * 2 + 1).subarray(1);
      bytes.set(Array.from(split.x.data.subarray(0, count * 2), (value) => Math.round((value + 1) * 100)));
      const decoded = Float32Array.from(bytes, (byte) => (byte - 100) / 100);
      const y = { dtype: 'int32', shape: [count, 1], data: split.y.data.subarray(0, count) as Int32Array } as const;
      const shape = [count, 2];
      await session.loadData(
        sessionData({ train: { x: { dtype: 'uint8', shape, data: bytes, offset: 100, scale: 100 }, y } }),
      );
      const fromBytes = await evaluate(session, 'train', rows(7, 90));
      await session.loadData(sessionData({ train: { x: { dtype: 'float32', shape, data: decoded }, y } }));
      const fromFloats = await evaluate(session, 'train', rows(7, 90));
      expect(fromBytes).toEqual(fromFloats);
    }));

  it('copies the given data', () =>
    withSession(engine, compiled(), async (session) => {
      const split = sameSign();
      await session.loadData(sessionData({ validation: split }));
      const before = await evaluate(session, 'validation', rows(0, ROWS));
      split.x.data.fill(0);
      split.y.data.fill(0);
      expect(await evaluate(session, 'validation', rows(0, ROWS))).toEqual(before);
    }));

  it('writes single entries and keeps the others', () => {
    const model = compiled();
    return withSession(engine, model, async (session) => {
      const before = await session.readState(namesOf(model));
      const bias: HostTensor = { dtype: 'float32', shape: [16], data: new Float32Array(16).fill(0.5) };
      await session.writeState(new Map([['hidden/bias', bias]]));
      expect(await session.readState(namesOf(model))).toEqual(new Map(before).set('hidden/bias', bias));
    });
  });

  it('rejects calls until every state entry is written', async () => {
    const model = compiled();
    const session = await engine.createSession(model, { intraOpThreads: 0, stepsPerCall: [1] });
    await session.loadData(sessionData({ train: sameSign() }));
    await expect(evaluate(session, 'train', rows(0, 1))).rejects.toMatchObject({ code: 'engine/state-not-written' });
    await expect(session.readState(['hidden/bias'])).rejects.toMatchObject({ code: 'engine/state-not-written' });
    for (const entry of initialState(model)) {
      await expect(train(session, 1, 1)).rejects.toMatchObject({ code: 'engine/state-not-written' });
      await session.writeState(new Map([entry]));
    }
    expect(await session.readState(namesOf(model))).toEqual(initialState(model));
    await train(session, 1, 1);
    await session.dispose();
  });

  it('rejects mismatched tensors, names and rows, and keeps its state', () => {
    const model = compiled();
    return withSession(engine, model, async (session) => {
      const before = await session.readState(namesOf(model));
      const wrong = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const;
      const refused: readonly [Promise<unknown>, string][] = [
        [session.writeState(new Map([['hidden/kernel', wrong]])), 'engine/tensor-mismatch'],
        [session.writeState(new Map([['dense7/kernel', wrong]])), 'engine/unknown-state'],
        [session.readState(['dense7/kernel']), 'engine/unknown-state'],
        [evaluate(session, 'test', rows(0, 1)), 'engine/split-not-loaded'],
        [evaluate(session, 'train', Int32Array.of(ROWS)), 'engine/row-out-of-range'],
        [
          predict(session, { x: { dtype: 'float32', shape: [2, 3], data: new Float32Array(6) } }),
          'engine/tensor-mismatch',
        ],
        [session.loadData(sessionData({ train: { ...sameSign(), x: wrong } })), 'engine/tensor-mismatch'],
      ];
      for (const [call, code] of refused) await expect(call).rejects.toMatchObject({ code });
      expect(await session.readState(namesOf(model))).toEqual(before);
    });
  });

  it('includes TensorFlow’s message when a call fails', () =>
    withSession(engine, compiled(), async (session) => {
      const split = sameSign();
      await session.loadData(
        sessionData({
          train: {
            ...split,
            y: { dtype: 'int32', shape: [ROWS, 1], data: new Int32Array(ROWS).fill(9) },
          },
        }),
      );
      await expect(train(session, 1, 1)).rejects.toMatchObject({
        code: 'engine/call-failed',
        message: expect.stringContaining('label value of 9'),
      });
      expect(session.tensorCount()).toBe(0);
    }));

  it('reports a NaN loss', () =>
    withSession(engine, compiled(), async (session) => {
      const split = sameSign();
      const x = split.x.data.slice() as Float32Array;
      x[0] = Number.NaN;
      await session.loadData(sessionData({ train: { ...split, x: { dtype: 'float32', shape: [ROWS, 2], data: x } } }));
      expect((await train(session, 1, 1))[0]).toBeNaN();
    }));

  it('rejects another number of threads than the library was loaded with', async () => {
    const session = engine.createSession(compiled(), { intraOpThreads: 3, stepsPerCall: [1] });
    await expect(session).rejects.toMatchObject({ code: 'engine/threads-fixed' });
  });

  it('tensor count and memory stay constant', () => {
    const model = compiled();
    return withSession(engine, model, async (session) => {
      const round = async (): Promise<void> => {
        await train(session, 100, 5);
        await evaluate(session, 'train', rows(0, ROWS));
        await session.writeState(await session.readState(namesOf(model)));
        await predict(session, { x: { dtype: 'float32', shape: [1, 2], data: new Float32Array(2) } });
      };
      for (let count = 0; count < 4; count++) await round();
      const tensors = session.tensorCount();
      expect(await residentGrowth(16, round)).toBeLessThan(1.05);
      expect(session.tensorCount()).toBe(tensors);
    });
  });
});

describe('a missing engine', () => {
  it('is rejected with a code', async () => {
    await expect(loadTensorFlowEngine('/nowhere', 1)).rejects.toMatchObject({
      code: engineFolder === null ? 'engine/not-installed' : 'engine/already-loaded',
    });
  });
});
