import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, EngineSession } from '../../src-main/engines/interface/engine.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { compileTestModel, denseModel, initialState } from './onnx-models.ts';
import { residentGrowth } from '../support/resident-memory.ts';
import { sessionData, type SplitArrays } from '../support/session-data.ts';
import { evaluate, predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

const ROWS = 200;
const BATCH = 20;

/** Points in the square; class 1 if both coordinates have the same sign. */
function sameSign(): SplitArrays {
  const x = uniform([5, 0], 0, ROWS * 2).map((value) => value * 2 - 1);
  const y = Int32Array.from({ length: ROWS }, (_, row) => (x[row * 2]! * x[row * 2 + 1]! > 0 ? 1 : 0));
  return {
    x: { dtype: 'float32', shape: [ROWS, 2], data: x },
    y: { dtype: 'int32', shape: [ROWS, 1], data: y },
  };
}

const model = compileTestModel(denseModel([2, 16, 2], 'adam'));
const rows = (start: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, index) => (start + index) % ROWS);

let engine: Engine;
beforeAll(async () => {
  engine = await loadOnnxEngine('cpu');
});

async function withSession<Result>(use: (session: EngineSession) => Promise<Result>): Promise<Result> {
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1, 5] });
  try {
    await session.loadData(sessionData({ train: sameSign() }));
    await session.writeState(initialState(model));
    return await use(session);
  } finally {
    await session.dispose();
  }
}

/** Trains `calls` times `steps` steps on rows in order. @returns The losses. */
async function train(session: EngineSession, calls: number, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let call = 0; call < calls; call++) {
    const report = await trainSteps(session, {
      split: 'train',
      indices: rows(call * steps * BATCH, steps * BATCH),
      steps,
      learningRates: new Float32Array(steps).fill(0.02),
    });
    for (let step = 0; step < steps; step++) losses.push(report[step * 2]!);
  }
  return losses;
}

const everything = [...model.weights.map(({ name }) => name), ...model.slots.map(({ name }) => name)];

describe('ONNX engine', () => {
  it('reports name, version and device', () => {
    expect(engine.name).toBe('onnx');
    expect(engine.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(engine.device).toMatch(/^CPU \(\d+ cores?\)$/);
  });

  it('learns, evaluates and predicts', () =>
    withSession(async (session) => {
      const before = await evaluate(session, 'train', rows(0, ROWS));
      await train(session, 80, 5);
      const after = await evaluate(session, 'train', rows(0, ROWS));
      expect(after[0]).toBeLessThan(before[0]! / 3);
      expect(after[1]).toBeGreaterThan(ROWS * 0.95);

      const corners = Float32Array.of(0.8, 0.8, -0.8, 0.8, -0.8, -0.8);
      const [prediction] = await predict(session, { x: { dtype: 'float32', shape: [3, 2], data: corners } });
      expect(prediction!.shape).toEqual([3, 2]);
      const sameSignProbability = [0, 1, 2].map((row) => prediction!.data[row * 2 + 1]! > 0.5);
      expect(sameSignProbability).toEqual([true, false, true]);
      expect(prediction!.data[0]! + prediction!.data[1]!).toBeCloseTo(1, 6);
    }));

  it('results do not depend on the steps per call, bit for bit', async () => {
    const single = await withSession(async (session) => [
      await train(session, 20, 1),
      await session.readState(everything),
    ]);
    const unrolled = await withSession(async (session) => [
      await train(session, 4, 5),
      await session.readState(everything),
    ]);
    expect(unrolled).toEqual(single);
  });

  it('continues from saved state exactly like an uninterrupted run', async () => {
    const whole = await withSession(async (session) => {
      await train(session, 2, 5);
      await train(session, 2, 5);
      return session.readState(everything);
    });
    const half = await withSession(async (session) => {
      await train(session, 2, 5);
      return session.readState(everything);
    });
    const resumed = await withSession(async (session) => {
      await session.writeState(half);
      await train(session, 2, 5);
      return session.readState(everything);
    });
    expect(resumed).toEqual(whole);
    expect(resumed.get('step')!.data).toEqual(Int32Array.of(20));
  });

  it('decodes bytes as (value - offset) / scale', () =>
    withSession(async (session) => {
      const split = sameSign();
      const bytes = Uint8Array.from(split.x.data, (value) => Math.round((value + 1) * 100));
      const decoded = Float32Array.from(bytes, (byte) => (byte - 100) / 100);
      await session.loadData(
        sessionData({
          train: {
            ...split,
            x: { dtype: 'uint8', shape: [ROWS, 2], data: bytes, offset: 100, scale: 100 },
          },
        }),
      );
      const fromBytes = await evaluate(session, 'train', rows(7, 90));
      await session.loadData(
        sessionData({ train: { ...split, x: { dtype: 'float32', shape: [ROWS, 2], data: decoded } } }),
      );
      const fromFloats = await evaluate(session, 'train', rows(7, 90));
      expect(fromBytes).toEqual(fromFloats);
    }));

  it('tensor count and memory stay constant', () =>
    withSession(async (session) => {
      await train(session, 200, 5);
      await evaluate(session, 'train', rows(0, ROWS));
      const tensors = session.tensorCount();
      const growth = await residentGrowth(20, async () => {
        await train(session, 50, 5);
        await evaluate(session, 'train', rows(0, ROWS));
      });
      expect(growth).toBeLessThan(1.1);
      expect(session.tensorCount()).toBe(tensors);
    }));

  it('rejects mismatched tensors, names and rows, and keeps its state', () =>
    withSession(async (session) => {
      const before = await session.readState(everything);
      const wrong = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const;
      await expect(session.writeState(new Map([['dense0/kernel', wrong]]))).rejects.toMatchObject({
        code: 'engine/tensor-mismatch',
        details: { name: 'dense0/kernel' },
      });
      await expect(session.writeState(new Map([['dense7/kernel', wrong]]))).rejects.toMatchObject({
        code: 'engine/unknown-state',
      });
      await expect(evaluate(session, 'test', rows(0, 1))).rejects.toMatchObject({ code: 'engine/split-not-loaded' });
      await expect(evaluate(session, 'train', Int32Array.of(ROWS))).rejects.toMatchObject({
        code: 'engine/row-out-of-range',
      });
      const wide = { dtype: 'float32', shape: [2, 3], data: new Float32Array(6) } as const;
      await expect(predict(session, { x: wide })).rejects.toMatchObject({ code: 'engine/tensor-mismatch' });
      await expect(session.loadData(sessionData({ train: { ...sameSign(), x: wide } }))).rejects.toMatchObject({
        code: 'engine/tensor-mismatch',
      });
      expect(await session.readState(everything)).toEqual(before);
    }));

  it('rejects calls before its state is written', async () => {
    const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
    await session.loadData(sessionData({ train: sameSign() }));
    await expect(evaluate(session, 'train', rows(0, 1))).rejects.toMatchObject({ code: 'engine/state-not-written' });
    await session.dispose();
  });

  it('reports a NaN loss', () =>
    withSession(async (session) => {
      const split = sameSign();
      const x = split.x.data.slice() as Float32Array;
      x[0] = Number.NaN;
      await session.loadData(sessionData({ train: { ...split, x: { dtype: 'float32', shape: [ROWS, 2], data: x } } }));
      expect((await train(session, 1, 1))[0]).toBeNaN();
    }));
});
