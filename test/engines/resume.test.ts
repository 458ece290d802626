import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, EngineSession, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { OptimizerConfiguration } from '../../src-shared/training/configuration/optimizers.ts';
import { Dice } from '../support/dice.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { optimizersWithState } from '../support/optimizers.ts';
import { sessionData } from '../support/session-data.ts';
import { trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/**
 * A step depends only on the state that is read and written: a session that continues from the state after any step
 * gives the same bits as an uninterrupted one.
 */
const ROWS = 20;
const BATCH = 6;
const STEPS = 7;

const document = sequentialDocument([
  { kind: 'GaussianNoise', params: { stddev: 0.2 } },
  { kind: 'Dense', params: { units: 6, activation: 'relu', kernelRegularizer: 'l2', kernelConstraint: 'maxNorm' } },
  { kind: 'BatchNormalization', params: { momentum: 0.8 } },
  { kind: 'Dropout', params: { rate: 0.3 } },
  { kind: 'RReLU' },
  { kind: 'AlphaDropout', params: { rate: 0.1 } },
  dense(3, 'softmax'),
]);

const optimizers = optimizersWithState();

function compile(optimizer: OptimizerConfiguration): CompiledModel {
  const result = compileModel(document, classFeatures([5], 3), configurationWith({ seed: 11, optimizer }));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.model;
}

const dice = new Dice(3, 'resume');
const x = Float32Array.from({ length: ROWS * 5 }, () => dice.normal());
const y = Int32Array.from({ length: ROWS }, () => dice.below(3));
/** Rows of each step, shuffled; the last batch of a round is short. */
const order = Array.from({ length: 4 }, () => dice.shuffled(Array.from({ length: ROWS }, (_, row) => row)));
const batches = order
  .flatMap((rows) => [0, 1, 2, 3].map((batch) => rows.slice(batch * BATCH, (batch + 1) * BATCH)))
  .slice(0, STEPS);

async function step(session: EngineSession, number: number): Promise<Float32Array> {
  const indices = Int32Array.from(batches[number]!);
  const learningRates = Float32Array.of(0.05 / (1 + number));
  return trainSteps(session, { split: 'train', indices, steps: 1, learningRates });
}

function copied(state: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  return new Map([...state].map(([name, tensor]) => [name, structuredClone(tensor)]));
}

/** Bytes in hex, by name. */
function bits(state: ReadonlyMap<string, HostTensor>): string[] {
  return [...state].map(
    ([name, { data }]) => `${name} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')}`,
  );
}

async function expectResumable(engine: Engine, optimizer: OptimizerConfiguration): Promise<void> {
  const model = compile(optimizer);
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
  try {
    const names = [...model.weights, ...model.slots].map(({ name }) => name);
    await session.loadData(
      sessionData({
        train: {
          x: { dtype: 'float32', shape: [ROWS, 5], data: x },
          y: { dtype: 'int32', shape: [ROWS, 1], data: y },
        },
      }),
    );
    await session.writeState(initialState(model, 11));
    const states = [copied(await session.readState(names))];
    const reports: Float32Array[] = [];
    for (let number = 0; number < STEPS; number++) {
      reports.push((await step(session, number)).slice());
      states.push(copied(await session.readState(names)));
    }
    const end = bits(states.at(-1)!);
    expect(end, 'a run changes its state').not.toEqual(bits(states[0]!));
    // In descending order, so that a session cannot profit from state of the previous pass.
    for (let start = STEPS - 1; start >= 0; start--) {
      await session.writeState(states[start]!);
      for (let number = start; number < STEPS; number++) {
        expect(await step(session, number), `report ${number} from ${start}`).toEqual(reports[number]);
      }
      expect(bits(await session.readState(names)), `state from ${start}`).toEqual(end);
    }
  } finally {
    await session.dispose();
  }
}

function resumable(load: () => Promise<Engine>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });
  test.each(optimizers)('with $kind', async (optimizer) => {
    await expectResumable(engine, optimizer);
  });
}

describe('onnx continues from any step like an uninterrupted run', () => {
  resumable(() => loadOnnxEngine('cpu'));
});

describe.skipIf(findTensorFlow() === null)('tensorflow continues from any step like an uninterrupted run', () => {
  resumable(() => loadTensorFlowEngine(findTensorFlow()!.folder, 1));
});
