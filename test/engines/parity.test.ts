import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, EngineSession, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import {
  compileFixture,
  decodeFloats,
  decodeInts,
  fixtureBatches,
  inferenceFixtures,
  kerasFixtureNames,
  readKerasFixture,
  relativeDifference,
  reportValues,
  sharedFixtures,
  stepRates,
} from '../support/keras-fixtures.ts';
import type { KerasFixture } from '../support/keras-fixtures.ts';
import { lossFixtures } from '../support/loss-fixtures.ts';
import { shareOf } from '../support/portion.ts';
import { optimizerFixtures, regularizerFixtures, stepFixtures } from '../support/optimizer-fixtures.ts';
import { sessionData, type SplitArrays } from '../support/session-data.ts';
import { evaluate, predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/** Whole training steps compared with Keras: 25 steps of each optimizer, loss and layer. */
const TOLERANCE = 1e-5;

const folder = findTensorFlow()?.folder ?? null;

function firstState(model: CompiledModel, fixture: KerasFixture): Map<string, HostTensor> {
  const state = new Map<string, HostTensor>();
  for (const { name, shape } of model.weights) {
    state.set(name, { dtype: 'float32', shape, data: decodeFloats(fixture.weights[name]!) });
  }
  for (const { name, dtype, shape, initial } of model.slots) {
    const count = shape.reduce((product, size) => product * size, 1);
    if (dtype === 'int32') state.set(name, { dtype, shape, data: new Int32Array(count).fill(initial) });
    else state.set(name, { dtype, shape, data: new Float32Array(count).fill(initial) });
  }
  return state;
}

function splitOf({ x, y, classes }: KerasFixture): SplitArrays {
  return {
    x: { dtype: 'float32', shape: x.shape, data: decodeFloats(x) },
    y:
      classes > 0
        ? { dtype: 'int32', shape: y.shape, data: decodeInts(y) }
        : { dtype: 'float32', shape: y.shape, data: decodeFloats(y) },
  };
}

async function expectParity(session: EngineSession, model: CompiledModel, fixture: KerasFixture): Promise<void> {
  const close = (received: ArrayLike<number>, expected: ArrayLike<number>, what: string): void => {
    expect(relativeDifference(received, expected), what).toBeLessThan(TOLERANCE);
  };
  const x: HostTensor = { dtype: 'float32', shape: fixture.x.shape, data: decodeFloats(fixture.x) };
  const rows = Int32Array.from({ length: fixture.x.shape[0]! }, (_, row) => row);
  await session.loadData(sessionData({ train: splitOf(fixture) }));
  await session.writeState(firstState(model, fixture));
  const [first] = await predict(session, { x });
  expect(first!.shape).toEqual(fixture.predictions.shape);
  close(first!.data, decodeFloats(fixture.predictions), 'predictions');

  const reports = decodeFloats(fixture.reports);
  const width = fixture.reports.shape[1]!;
  for (const [step, indices] of fixtureBatches(fixture).entries()) {
    const { learningRate, momentum } = stepRates(fixture, step);
    const rates = {
      learningRates: Float32Array.of(learningRate),
      ...(momentum === null ? {} : { momenta: Float32Array.of(momentum) }),
    };
    const request = { split: 'train', indices, steps: 1, ...rates } as const;
    const report = await trainSteps(session, request);
    const expected = reports.subarray(step * width, (step + 1) * width);
    close(reportValues(model, report), expected, `report of step ${step}`);
  }

  const state = await session.readState([...model.weights.map((weight) => weight.name), 'optimizer/step']);
  for (const [name, values] of Object.entries(fixture.finalWeights)) {
    close(state.get(name)!.data, decodeFloats(values), name);
  }
  expect([...state.get('optimizer/step')!.data]).toEqual([fixture.reports.shape[0]]);
  for (const [name, values] of Object.entries(fixture.averages ?? {})) {
    const average = model.slots.find(({ averageOf }) => averageOf === name)!.name;
    close((await session.readState([average])).get(average)!.data, decodeFloats(values), average);
  }
  close(reportValues(model, await evaluate(session, 'train', rows)), decodeFloats(fixture.evaluation), 'evaluation');
  close((await predict(session, { x }))[0]!.data, decodeFloats(fixture.finalPredictions), 'final predictions');
}

/** Models that every portion runs on both engines; optimizers, losses, regularizers and layers are too many. */
function parity(place: 0 | 1, load: () => Promise<Engine>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });

  const models = [
    ...kerasFixtureNames().map((name) => ({ name, fixture: readKerasFixture(name) })),
    ...sharedFixtures(),
    ...inferenceFixtures(),
  ];
  const single = [...optimizerFixtures(), ...lossFixtures(), ...regularizerFixtures(), ...stepFixtures()];
  test.each([...models, ...(folder === null ? single : shareOf(place, single))])('$name', async ({ fixture }) => {
    const model = compileFixture(fixture);
    const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
    try {
      await expectParity(session, model, fixture);
    } finally {
      await session.dispose();
    }
  });
}

describe('the onnx engine equals Keras', () => {
  parity(0, () => loadOnnxEngine('cpu'));
});

describe.skipIf(folder === null)('the tensorflow engine equals Keras', () => {
  parity(1, () => loadTensorFlowEngine(folder!, 1));
});
