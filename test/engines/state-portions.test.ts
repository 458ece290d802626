import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { trainSteps } from '../../src-main/engines/interface/model-calls.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { compileOrThrow } from '../../src-main/trainer/preparation/compile.ts';
import { stateFromSeed } from '../../src-main/trainer/state/first-state.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { sessionData } from '../support/session-data.ts';
import { engineFolder } from './tensorflow-harness.ts';

const UNITS = 2_500;
const KERNEL_BYTES = 4 * UNITS * UNITS;
/** A portion has at most two of the kernels. */
const MOST_BYTES = 64 * 2 ** 20;

const model = compileOrThrow(
  sequentialDocument([
    dense(UNITS, 'relu', { name: 'first', frozen: true }),
    dense(UNITS, 'relu', { name: 'second', frozen: true }),
    dense(UNITS, 'relu', { name: 'third', frozen: true }),
    dense(UNITS, 'relu', { name: 'fourth', frozen: true }),
    dense(2, 'softmax', { name: 'head' }),
  ]),
  classFeatures([3], 2),
  configurationWith({ seed: 3 }),
  () => '',
);
const names = [...model.weights, ...model.slots].map(({ name }) => name);
const data = sessionData({
  train: {
    x: { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    y: { dtype: 'int32', shape: [2, 1], data: Int32Array.of(0, 1) },
  },
});

const isSame = (a: HostTensor, b: HostTensor): boolean =>
  Buffer.compare(Buffer.from(a.data.buffer, 0, a.data.byteLength), Buffer.from(b.data.buffer, 0, b.data.byteLength)) ===
  0;

function readsLargeState(load: () => Promise<Engine>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });

  it('reads a large state in portions of bounded size, and writes one entry of it', async () => {
    const { state } = stateFromSeed(model, 3);
    const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
    try {
      await session.writeState(state);
      await session.loadData(data);
      const indices = Int32Array.of(0, 1);
      await trainSteps(session, { split: 'train', indices, steps: 1, learningRates: Float32Array.of(0.1) });
      const bias: HostTensor = { dtype: 'float32', shape: [UNITS], data: new Float32Array(UNITS).fill(0.5) };
      await session.writeState(new Map([['third/bias', bias]]));
      const unchanged: string[] = [];
      let portions = 0;
      for await (const portion of session.readPortions(names)) {
        const bytes = [...portion.values()].reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
        expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
        if (bytes >= KERNEL_BYTES) portions += 1;
        for (const [name, tensor] of portion) if (isSame(tensor, state.get(name)!)) unchanged.push(name);
      }
      expect(portions).toBeGreaterThan(1);
      const frozen = names.filter((name) => /^(first|second|third|fourth)\//.test(name) && name !== 'third/bias');
      expect(unchanged.toSorted()).toEqual(frozen.toSorted());
      const some = ['head/bias', 'third/bias', 'first/kernel'];
      const read = await session.readState(some);
      expect([...read.keys()]).toEqual(some);
      expect(isSame(read.get('third/bias')!, bias)).toBe(true);
      await expect(session.readPortions(['other']).next()).rejects.toMatchObject({ code: 'engine/unknown-state' });
    } finally {
      await session.dispose();
    }
  });
}

describe('state on onnx', () => readsLargeState(() => loadOnnxEngine('cpu')));

describe.skipIf(engineFolder === null)('state on tensorflow', () => {
  readsLargeState(() => loadTensorFlowEngine(engineFolder!, 1));
});
