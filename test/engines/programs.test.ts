import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, EngineSession, HostTensor, SessionModel } from '../../src-main/engines/interface/engine.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import type { Program } from '../../src-shared/program/language/types.ts';
import { sessionData } from '../support/session-data.ts';
import { engineFolder } from './tensorflow-harness.ts';

const ROWS = 6;
const x = Float32Array.from({ length: ROWS * 2 }, (_, i) => Math.fround(Math.sin(i)));
const y = Float32Array.from({ length: ROWS }, (_, i) => i);
const weight: HostTensor = { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
const written = new Map<string, HostTensor>([
  ['w', weight],
  ['count', { dtype: 'int32', shape: [], data: Int32Array.of(0) }],
]);

function built(build: (builder: ProgramBuilder) => void): Program {
  const builder = new ProgramBuilder();
  build(builder);
  return builder.build();
}

/** Outputs with and without a batch axis, of two types. */
const probe = built((b) => {
  const products = b.matMul(b.input('x', 'float32', [null, 2]), b.state('w', 'float32', [2, 2]));
  b.output('products', products);
  b.output('largest', b.reduceMax(products, [0]));
  b.output('chosen', b.argMax(products, 1));
});

/** Reads the state alone. */
const norms = built((b) => b.output('norm', b.reduceSum(b.plain('square', b.state('w', 'float32', [2, 2])), [0, 1])));

/** w += sum(y) · controls[0] + controls[1]; controls has a vector for each step. */
const shift = built((b) => {
  const controls = b.input('controls', 'float32', [2]);
  const control = (index: number) => b.reshape(b.slice(controls, [index], [1]), []);
  const sum = b.reduceSum(b.input('y', 'float32', [null, 1]), [0, 1]);
  const w = b.state('w', 'float32', [2, 2]);
  const change = b.add(b.multiply(sum, control(0)), control(1));
  b.update('w', b.add(w, change));
  const count = b.state('count', 'int32', []);
  b.update('count', b.add(count, b.constant('int32', [], [1])));
  b.output('change', change);
  b.output('count', count);
});

const model: SessionModel = {
  programs: { probe, norms, shift },
  weights: [{ name: 'w', shape: [2, 2] }],
  slots: [{ name: 'count', dtype: 'int32', shape: [] }],
};
const data = sessionData({
  train: { x: { dtype: 'float32', shape: [ROWS, 2], data: x }, y: { dtype: 'float32', shape: [ROWS, 1], data: y } },
});

function testsOf(load: () => Promise<Engine>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });

  async function withSession(use: (session: EngineSession) => Promise<void>, of: SessionModel = model): Promise<void> {
    const session = await engine.createSession(of, { intraOpThreads: 1, stepsPerCall: [1, 3] });
    try {
      await use(session);
    } finally {
      await session.dispose();
    }
  }

  it('runs on loaded rows and on given examples with equal bits', () =>
    withSession(async (session) => {
      await session.writeState(written);
      await session.loadData(data);
      const ofRows = await session.run('probe', { rows: { split: 'train', indices: Int32Array.of(2, 0) } });
      const chosen = Float32Array.of(x[4]!, x[5]!, x[0]!, x[1]!);
      expect([...ofRows]).toEqual([
        ...(await session.run('probe', { examples: { x: { dtype: 'float32', shape: [2, 2], data: chosen } } })),
      ]);
      expect([...ofRows].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
        ['products', 'float32', [2, 2]],
        ['largest', 'float32', [2]],
        ['chosen', 'int32', [2]],
      ]);
      const products = ofRows.get('products')!.data;
      expect(products[0]).toBeCloseTo(x[4]! + 3 * x[5]!, 5);
      expect(products[3]).toBeCloseTo(2 * x[0]! + 4 * x[1]!, 5);
    }));

  it('runs a program without examples', () =>
    withSession(async (session) => {
      await session.writeState(written);
      const outputs = await session.run('norms', { examples: {} });
      expect(outputs.get('norm')).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(30) });
    }));

  it('takes values for each step; outputs of a program that updates state have a row per step', () =>
    withSession(async (session) => {
      await session.writeState(written);
      await session.loadData(data);
      const indices = Int32Array.of(0, 1, 2, 3, 4, 5);
      const controls = Float32Array.of(1, 0.5, 0, 2, 10, -1);
      const outputs = await session.run('shift', { rows: { split: 'train', indices, steps: 3 }, values: { controls } });
      expect([...outputs]).toEqual([
        ['change', { dtype: 'float32', shape: [3], data: Float32Array.of(1.5, 2, 89) }],
        ['count', { dtype: 'int32', shape: [3], data: Int32Array.of(0, 1, 2) }],
      ]);
      expect((await session.readState(['w'])).get('w')!.data).toEqual(Float32Array.of(93.5, 94.5, 95.5, 96.5));
      const one = await session.run('shift', {
        examples: { y: { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1, 2) } },
        values: { controls: Float32Array.of(2, 0) },
      });
      expect(one.get('change')).toEqual({ dtype: 'float32', shape: [1], data: Float32Array.of(6) });
      expect(one.get('count')!.data).toEqual(Int32Array.of(3));
    }));

  it('refuses other programs, numbers of steps and values', () =>
    withSession(async (session) => {
      await session.writeState(written);
      await session.loadData(data);
      const rows = (count: number, steps = 1) => ({
        rows: { split: 'train' as const, indices: new Int32Array(count), steps },
      });
      const controls = new Float32Array(6);
      await expect(session.run('train', rows(1))).rejects.toThrow("no program 'train'");
      await expect(session.run('shift', { ...rows(2, 2), values: { controls } })).rejects.toThrow('6');
      await expect(session.run('shift', { ...rows(2, 2), values: { controls: new Float32Array(4) } })).rejects.toThrow(
        '1, 3 steps',
      );
      await expect(session.run('probe', rows(3, 3))).rejects.toThrow('1 steps');
      await expect(session.run('shift', { ...rows(4, 3), values: { controls } })).rejects.toThrow('equal size');
      await expect(session.run('shift', rows(1))).rejects.toThrow("values of 'controls'");
      await expect(session.run('shift', { ...rows(1), values: { controls: new Int32Array(2) } })).rejects.toThrow(
        'Int32Array',
      );
    }));

  it('needs only the state of its programs', () =>
    withSession(
      async (session) => {
        await session.writeState(new Map([['w', weight]]));
        expect((await session.run('norms', { examples: {} })).get('norm')!.data[0]).toBe(30);
      },
      { programs: { norms, probe }, weights: model.weights, slots: [] },
    ));
}

describe('programs by name', () => {
  describe.skipIf(engineFolder === null)('on TensorFlow', () => testsOf(() => loadTensorFlowEngine(engineFolder!, 1)));
  describe('on ONNX Runtime', () => testsOf(() => loadOnnxEngine('cpu')));
});
