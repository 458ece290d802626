// Runs cases in sequence; a native crash ends only this process.
import { createHash } from 'node:crypto';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { selectEngine } from '../../src-main/engine-setup/select.ts';
import type { DataArray, EngineSession, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { answerCalls } from '../../src-main/processes/answer-calls.ts';
import { chooseThreads } from '../../src-main/trainer/preparation/execution.ts';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { targetColumns } from '../../src-shared/data/target-columns.ts';
import { philoxWords, uniform } from '../../src-shared/program/random/philox.ts';
import { relativeDifference } from '../../test/support/keras-fixtures.ts';
import { layerCases } from '../../test/support/layer-fixtures.ts';
import { mergePrograms } from '../../test/support/merge-programs.ts';
import { sessionData } from '../../test/support/session-data.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { runGraph } from '../../test/engines/tensorflow-harness.ts';
import { benchCases, trainingCases } from './cases.ts';
import type { TrainingCase } from './cases.ts';
import type { CaseCalls, FixtureResult, SpeedResult, TrainingResult } from './protocol.ts';
import { CHECKED_STEPS, FIXTURE_GROUP } from './protocol.ts';
import { evaluate, predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/** Steps per call after the first few calls, so that the graph with several steps is used too. */
const STEPS_PER_CALL = 5;
const SINGLE_STEPS = 5;
/** Number of predicted values that are compared. */
const COMPARED_VALUES = 2000;
/** Steps per call for the measurement of speed: the product's largest. */
const SPEED_STEPS = 20;

answerCalls<CaseCalls>({
  train: ({ name, repeat }) => train(find(trainingCases, name), repeat),
  speed: ({ name, seconds }) => measureSpeed(find(benchCases, name), seconds),
  fixtures: ({ first }) => compareFixtures(first),
});
// TensorFlow's threads keep the process alive.
process.on('disconnect', () => process.exit(0));

function find(cases: readonly TrainingCase[], name: string): TrainingCase {
  const found = cases.find((example) => example.name === name);
  if (found === undefined) throw new Error(`There is no case '${name}'.`);
  return found;
}

function compile({ document, features, configuration }: TrainingCase): CompiledModel {
  const result = compileModel(document, features, configuration);
  if (result.ok) return result.model;
  throw new Error(result.problems.map(({ message }) => message).join('\n'));
}

/** Examples and targets that depend only on the case. */
function dataOf({ values, features }: TrainingCase, rows: number): { x: DataArray; y: DataArray } {
  const shape = [rows, ...features.inputShape];
  const size = shape.reduce((product, extent) => product * extent, 1);
  let x: DataArray;
  if (values === 'bytes') {
    const data = Uint8Array.from(philoxWords([7, 7], 0, size), (word) => word >>> 24);
    x = { dtype: 'uint8', shape, data, offset: 0, scale: 255 };
  } else {
    const unit = uniform([7, 7], 0, size);
    const data = unit.map((value) => (values === 'real' ? 2 * value - 1 : Math.floor(value * values.below)));
    x = { dtype: 'float32', shape, data };
  }
  const { dtype, count } = targetColumns({ targets: features.targets, weight: features.weight ?? null });
  const numbers = uniform([8, 8], 0, rows * count);
  const value = (index: number): number => {
    const target = features.targets[index % count];
    if (target?.kind !== 'classes') return numbers[index]! + 0.1;
    return Math.floor(numbers[index]! * target.classes.length);
  };
  const length = rows * count;
  const y: DataArray =
    dtype === 'int32'
      ? { dtype, shape: [rows, count], data: Int32Array.from({ length }, (_, index) => value(index)) }
      : { dtype, shape: [rows, count], data: Float32Array.from({ length }, (_, index) => value(index)) };
  return { x, y };
}

function valuesOf(x: DataArray): HostTensor {
  if (x.dtype !== 'uint8') return x;
  const data = Float32Array.from(x.data, (value) => (value - x.offset) / x.scale);
  return { dtype: 'float32', shape: x.shape, data };
}

async function openSession(
  example: TrainingCase,
  model: CompiledModel,
  threads: number,
  stepsPerCall: readonly number[],
): Promise<{ session: EngineSession; device: string }> {
  const engine = await selectEngine('auto', threads, (reason) => {
    throw new Error(`TensorFlow is not used: ${reason}`);
  });
  if (engine.name !== 'tensorflow') throw new Error(`Expected 'auto' to choose TensorFlow; it chose ${engine.name}.`);
  const session = await engine.createSession(model, { intraOpThreads: threads, stepsPerCall });
  await session.writeState(initialState(model, example.configuration.seed));
  return { session, device: engine.device };
}

/** Trains a model for the compared steps, and repeats them from the same state if requested. */
async function train(example: TrainingCase, repeat: boolean): Promise<TrainingResult> {
  const startedAt = performance.now();
  const model = compile(example);
  const { batchSize, optimizer, seed } = example.configuration;
  // Each step of the bench's networks has other rows; small models reuse their rows.
  const rows = example.values === 'bytes' ? batchSize * CHECKED_STEPS : batchSize * 3;
  const { session, device } = await openSession(example, model, 0, [1, STEPS_PER_CALL]);
  try {
    const data = dataOf(example, rows);
    await session.loadData(sessionData({ train: data }));
    const takesMomentum = model.programs.train.inputs.some(({ name }) => name === 'momentum');
    const steps = async (): Promise<{ losses: number[]; stateHash: string }> => {
      const losses: number[] = [];
      for (let step = 0; step < CHECKED_STEPS;) {
        const count = step < SINGLE_STEPS ? 1 : STEPS_PER_CALL;
        const indices = Int32Array.from({ length: count * batchSize }, (_, index) => (step * batchSize + index) % rows);
        const learningRates = new Float32Array(count).fill(optimizer.learningRate);
        const momenta = takesMomentum ? { momenta: new Float32Array(count).fill(0.9) } : {};
        const reports = await trainSteps(session, {
          ...{ split: 'train' as const, indices, steps: count, learningRates },
          ...momenta,
        });
        for (let index = 0; index < count; index++) losses.push(reports[index * model.reportLength]!);
        step += count;
      }
      return { losses, stateHash: await hashOfState(session, model) };
    };
    const first = await steps();
    const evaluation = await evaluate(
      session,
      'train',
      Int32Array.from({ length: batchSize }, (_, row) => row),
    );
    const x = valuesOf(data.x);
    const size = x.data.length / rows;
    const batch = {
      ...x,
      shape: [batchSize, ...x.shape.slice(1)],
      data: x.data.slice(0, size * batchSize),
    } as HostTensor;
    const predictions = (await predict(session, { x: batch })).map(({ data: values }) =>
      Array.from(values.subarray(0, COMPARED_VALUES)),
    );
    let sameBits: boolean | null = null;
    if (repeat) {
      await session.writeState(initialState(model, seed));
      const second = await steps();
      sameBits =
        second.stateHash === first.stateHash && second.losses.every((loss, step) => loss === first.losses[step]);
    }
    return {
      device,
      losses: first.losses,
      evaluation: [...evaluation],
      predictions,
      sameBits,
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await session.dispose();
  }
}

async function hashOfState(session: EngineSession, model: CompiledModel): Promise<string> {
  const hash = createHash('sha256');
  const names = [...model.weights, ...model.slots].map(({ name }) => name);
  for (const { data } of (await session.readState(names)).values()) {
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** Steps per second with the product's calls, without the first ones. */
async function measureSpeed(example: TrainingCase, seconds: number): Promise<SpeedResult> {
  const model = compile(example);
  const { batchSize, optimizer } = example.configuration;
  const { session, device } = await openSession(example, model, chooseThreads(model.programs.train, batchSize), [
    1,
    SPEED_STEPS,
  ]);
  try {
    const rows = batchSize * SPEED_STEPS;
    await session.loadData(sessionData({ train: dataOf(example, rows) }));
    const indices = Int32Array.from({ length: rows }, (_, row) => row);
    const rate = async (steps: number, lastMs: number): Promise<number> => {
      const request = {
        ...{ split: 'train' as const, indices: indices.subarray(0, steps * batchSize), steps },
        learningRates: new Float32Array(steps).fill(optimizer.learningRate / 100),
      };
      await trainSteps(session, request);
      await trainSteps(session, request);
      const startedAt = performance.now();
      let done = 0;
      while (performance.now() - startedAt < lastMs) {
        await trainSteps(session, request);
        done += steps;
      }
      return (done * 1000) / (performance.now() - startedAt);
    };
    const single = await rate(1, seconds * 300);
    const called = await rate(SPEED_STEPS, seconds * 700);
    return { device, stepsPerSecond: called, singleStepsPerSecond: single };
  } finally {
    await session.dispose();
  }
}

function toHost({ dtype, shape, data }: Tensor): HostTensor {
  if (dtype === 'float32') return { dtype, shape, data: Float32Array.from(data) };
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(data) };
  return { dtype, shape, data: Uint8Array.from(data) };
}

/** Computes a group of Keras's layer fixtures in one graph and compares values, gradients and updates with Keras's. */
async function compareFixtures(first: number): Promise<FixtureResult> {
  if (findTensorFlow() === null) throw new Error('TensorFlow is not installed.');
  const cases = layerCases().slice(first, first + FIXTURE_GROUP);
  const program = mergePrograms(cases.map((example) => example.program));
  const read = new Set(program.inputs.map(({ name }) => name));
  const inputs = Object.fromEntries(
    cases.flatMap(({ feeds }, number) =>
      [...feeds]
        .map(([name, tensor]) => [`${number}_${name}`, toHost(tensor)] as const)
        .filter(([name]) => read.has(name)),
    ),
  );
  const results = await runGraph(program, inputs);
  const differences = cases.map(({ title, expected }, number) => {
    const worst = [...expected].map(([name, { data }]) => {
      const received = results[`${number}_${name}`];
      return received === undefined ? Infinity : relativeDifference(received.data, data);
    });
    return { title, difference: Math.max(...worst) };
  });
  return { differences };
}
