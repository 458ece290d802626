import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, EngineSession, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { evaluateRows } from '../../src-main/trainer/evaluation/evaluate-rows.ts';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import { ReportSums } from '../../src-main/trainer/evaluation/report-sums.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { decodeFloats, relativeDifference } from '../support/keras-fixtures.ts';
import { compileOutputFixture, fixtureSplit, outputFixtures } from '../support/output-fixtures.ts';
import type { OutputFixture } from '../support/output-fixtures.ts';
import { sessionData } from '../support/session-data.ts';
import { predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/** Three epochs of whole models compared with Keras's fit: reports by its keys, weights and predictions. */
const TOLERANCE = 1e-5;

const folder = findTensorFlow()?.folder ?? null;

function firstState(model: CompiledModel, fixture: OutputFixture): Map<string, HostTensor> {
  const state = initialState(model, 1);
  for (const [name, weight] of Object.entries(fixture.weights)) {
    state.set(name, { dtype: 'float32', shape: weight.shape, data: decodeFloats(weight) });
  }
  return state;
}

/** One epoch in the trainer's order: rows in order, the last batch short. */
async function epochMetrics(session: EngineSession, model: CompiledModel, fixture: OutputFixture) {
  const { batchSize, train, validation, optimizer } = fixture;
  const rows = train.x.shape[0]!;
  const sums = new ReportSums(model.metrics, model.reportLength);
  for (let start = 0; start < rows; start += batchSize) {
    const indices = Int32Array.from({ length: Math.min(batchSize, rows - start) }, (_, index) => start + index);
    const learningRates = Float32Array.of(optimizer.learningRate);
    const request = { split: 'train', indices, steps: 1, learningRates } as const;
    sums.add(await trainSteps(session, request), 0, indices.length);
  }
  const validated = await evaluateRows(session, model, 'validation', validation.x.shape[0]!, batchSize);
  return { ...sums.values(), ...validated!.values('val_') };
}

async function expectParity(session: EngineSession, model: CompiledModel, fixture: OutputFixture): Promise<void> {
  await session.loadData(
    sessionData({ train: fixtureSplit(fixture, 'train'), validation: fixtureSplit(fixture, 'validation') }),
  );
  await session.writeState(firstState(model, fixture));
  const epochs = fixture.history['loss']!.length;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const metrics = await epochMetrics(session, model, fixture);
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(fixture.history).sort());
    for (const [key, values] of Object.entries(fixture.history)) {
      expect(relativeDifference([metrics[key]!], [values[epoch]!]), `${key} of epoch ${epoch + 1}`).toBeLessThan(
        TOLERANCE,
      );
    }
  }
  const state = await session.readState(model.weights.map(({ name }) => name));
  for (const [name, values] of Object.entries(fixture.finalWeights)) {
    expect(relativeDifference(state.get(name)!.data, decodeFloats(values)), name).toBeLessThan(TOLERANCE);
  }
  const { x } = fixtureSplit(fixture, 'validation');
  const predictions = await predict(session, { x: x as HostTensor });
  expect(predictions.map(({ shape }) => shape)).toEqual(fixture.predictions.map(({ shape }) => shape));
  fixture.predictions.forEach((expected, place) => {
    const what = `predictions of ${model.outputs[place]!.name}`;
    expect(relativeDifference(predictions[place]!.data, decodeFloats(expected)), what).toBeLessThan(TOLERANCE);
  });
}

function parity(load: () => Promise<Engine>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });

  test.each(outputFixtures().map((fixture) => ({ name: fixture.name, fixture })))('$name', async ({ fixture }) => {
    const model = compileOutputFixture(fixture);
    const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
    try {
      await expectParity(session, model, fixture);
    } finally {
      await session.dispose();
    }
  });
}

describe('the onnx engine equals Keras', () => {
  parity(() => loadOnnxEngine('cpu'));
});

describe.skipIf(folder === null)('the tensorflow engine equals Keras', () => {
  parity(() => loadTensorFlowEngine(folder!, 1));
});
