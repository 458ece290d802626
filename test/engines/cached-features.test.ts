import { beforeAll, describe, expect, it } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import type { DataArray, Engine, SessionData } from '../../src-main/engines/interface/engine.ts';
import { evaluate, trainSteps } from '../../src-main/engines/interface/model-calls.ts';
import type { TrainRequest } from '../../src-main/engines/interface/model-calls.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { CachedFeatures } from '../../src-main/trainer/cached-features/cached-features.ts';
import { collectGarbage } from '../../src-main/trainer/preparation/collect-garbage.ts';
import { compileOrThrow } from '../../src-main/trainer/preparation/compile.ts';
import { evaluateRows } from '../../src-main/trainer/evaluation/evaluate-rows.ts';
import { FedBatches } from '../../src-main/trainer/cached-features/fed-batches.ts';
import { stateFromSeed } from '../../src-main/trainer/state/first-state.ts';
import type { ReportSums } from '../../src-main/trainer/evaluation/report-sums.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import { featureTensors } from '../../src-shared/data/feature-tensors.ts';
import { targetColumns } from '../../src-shared/data/target-columns.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { Dice } from '../support/dice.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { pairDifference, pairFeatures, twoBranches, twoBranchFeatures } from '../support/feature-tensors.ts';
import { documentOf, fixtureFeatures, outputFixtures } from '../support/output-fixtures.ts';
import { sessionData } from '../support/session-data.ts';
import type { SplitArrays } from '../support/session-data.ts';

/** A run's steps and validation with a frozen part that is computed once, against those that compute it in each step. */

const BATCH = 8;
const STEPS = 6;
const ROWS = BATCH * STEPS;
const SEED = 5;

interface Case {
  readonly title: string;
  readonly document: ModelDocument;
  readonly features: ModelFeatures;
  /** Cached values of `train` and of `evaluate`. */
  readonly cached: readonly [train: number, validation: number];
}

function withFrozen(document: ModelDocument, trained: readonly string[]): ModelDocument {
  const nodes = document.nodes.map((node) => ({ ...node, frozen: !trained.includes(node.name) }));
  return { ...document, nodes };
}

const convolutional = sequentialDocument([
  { kind: 'Conv2D', name: 'conv', params: { filters: 4, activation: 'relu', kernelRegularizer: 'l2' } },
  { kind: 'BatchNormalization', name: 'norm' },
  { kind: 'GlobalAveragePooling2D', name: 'pool' },
  { kind: 'Dropout', name: 'dropout', params: { rate: 0.3 } },
  dense(8, 'relu', { name: 'frozenAbove' }),
  { kind: 'BatchNormalization', name: 'trainedNorm' },
  dense(3, 'softmax', { name: 'classes' }),
]);
const sequence = sequentialDocument([
  { kind: 'LSTM', name: 'lstm', params: { units: 4, returnSequences: true } },
  dense(3, 'tanh', { name: 'each' }),
  { kind: 'Flatten', name: 'flat' },
  dense(3, 'softmax', { name: 'classes' }),
]);
const fixture = outputFixtures().find(({ targets, weighted }) => targets.length > 1 && weighted)!;
const fixtureDocument = documentOf(fixture.nodes);
const ends = fixtureDocument.nodes.filter(({ kind }) => kind === 'Output').map(({ id }) => id);
const heads = fixtureDocument.edges.filter(({ target }) => ends.includes(target)).map(({ source }) => source);

const cases: readonly Case[] = [
  {
    title: 'a convolution with a penalty and normalization, Dropout after it',
    document: withFrozen(convolutional, ['trainedNorm', 'classes']),
    features: classFeatures([6, 6, 2], 3),
    cached: [1, 1],
  },
  {
    title: 'a sequence',
    document: withFrozen(sequence, ['classes']),
    features: classFeatures([5, 2], 3),
    cached: [1, 1],
  },
  {
    title: 'two pictures',
    document: withFrozen(pairDifference(), ['same']),
    features: pairFeatures,
    cached: [1, 1],
  },
  {
    title: 'a frozen branch of three',
    document: withFrozen(twoBranches(), ['classes']),
    features: twoBranchFeatures,
    cached: [1, 1],
  },
  {
    title: 'several outputs and weights of rows',
    document: withFrozen(fixtureDocument, heads),
    features: fixtureFeatures(fixture),
    cached: [2, 2],
  },
];

function dataOf(features: ModelFeatures): SessionData {
  const dice = new Dice(3, 'cached features');
  const split = (rows: number): SplitArrays => {
    const tensors = featureTensors(features).map(({ input, shape }): [string, DataArray] => {
      const count = rows * shape.reduce((product, size) => product * size, 1);
      const data = Float32Array.from({ length: count }, () => dice.normal());
      return [input, { dtype: 'float32', shape: [rows, ...shape], data }];
    });
    return { ...Object.fromEntries(tensors), ...targetsOf(features, rows, dice) } as SplitArrays;
  };
  return sessionData({ train: split(ROWS), validation: split(11) });
}

function targetsOf(features: ModelFeatures, rows: number, dice: Dice): Pick<SplitArrays, 'y'> {
  const { dtype, count } = targetColumns(features);
  const values = Array.from({ length: rows }, () => [
    ...features.targets.map((target) =>
      target.kind === 'classes' ? dice.below(target.classes.length) : dice.normal(),
    ),
    ...(count > features.targets.length ? [0.5 + dice.unit()] : []),
  ]).flat();
  const shape = [rows, count];
  return {
    y:
      dtype === 'int32'
        ? { dtype, shape, data: Int32Array.from(values) }
        : { dtype, shape, data: Float32Array.from(values) },
  };
}

interface Results {
  /** One for each step, and one of the validation split. */
  readonly reports: readonly Float32Array[];
  readonly validated: Readonly<Record<string, number>>;
  readonly weights: ReadonlyMap<string, ArrayLike<number>>;
}

async function train(
  engine: Engine,
  model: CompiledModel,
  data: SessionData,
  cached: CachedFeatures | null,
): Promise<Results> {
  const options = { intraOpThreads: 1, stepsPerCall: [1] };
  const session = await engine.createSession(cached?.sessionModel ?? model, options);
  try {
    await session.writeState(stateFromSeed(model, SEED).state);
    await session.loadData(cached?.sessionData(data) ?? data);
    if (cached !== null) {
      // Interrupted after each batch, and continued.
      let calls = 1;
      while (!(await cached.compute(session, async () => false))) calls++;
      expect(calls).toBe(2);
      await session.loadData(cached.sessionData(data));
    }
    const batches = new FedBatches(data);
    const reports: Float32Array[] = [];
    for (let step = 0; step < STEPS; step++) {
      const indices = Int32Array.from({ length: BATCH }, (_, row) => (7 * (step * BATCH + row)) % ROWS);
      const learningRates = Float32Array.of(0.01);
      const request: TrainRequest = { split: 'train', indices, steps: 1, learningRates };
      reports.push(await (cached?.train(session, request, batches, step) ?? trainSteps(session, request)));
    }
    const run = (indices: Int32Array, draw: number): Promise<Float32Array> =>
      cached?.validate(session, indices, draw, batches) ?? evaluate(session, 'validation', indices, draw);
    const sums = await evaluateRows(session, model, 'validation', 11, 4, async () => true, run);
    const state = await session.readState(model.weights.map(({ name }) => name));
    const weights = new Map([...state].map(([name, tensor]) => [name, tensor.data]));
    return { reports, validated: (sums as ReportSums).values(), weights };
  } finally {
    await session.dispose();
    await cached?.close();
  }
}

function expectEqual(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    expect(difference, `${what}, element ${i}`).toBeLessThan(tolerance);
  }
}

describe.each(['onnx', 'tensorflow'])('on %s', (name) => {
  const folder = findTensorFlow()?.folder ?? null;
  let engine: Engine;
  beforeAll(async () => {
    if (name === 'onnx') engine = await loadOnnxEngine();
    else if (folder !== null) engine = await loadTensorFlowEngine(folder, 1);
  });

  it.skipIf(name === 'tensorflow' && folder === null).each(cases)(
    'steps on cached features equal those without: $title',
    async ({ document, features, cached: [train1, validation1] }) => {
      const model = compileOrThrow(document, features, configurationWith({ seed: SEED }));
      const cached = CachedFeatures.of(model, { train: ROWS, validation: 11 })!;
      const counted = (split: string): number => cached.names.filter((each) => each.startsWith(split)).length;
      expect([counted('train'), counted('validation')]).toEqual([train1, validation1]);
      const data = dataOf(features);
      const once = await train(engine, model, data, cached);
      const always = await train(engine, model, data, null);
      once.reports.forEach((report, step) => expectEqual(report, always.reports[step]!, 1e-5, `report ${step}`));
      expect(Object.keys(once.validated)).toEqual(Object.keys(always.validated));
      expectEqual(Object.values(once.validated), Object.values(always.validated), 1e-5, 'validation');
      for (const [weight, values] of always.weights) expectEqual(once.weights.get(weight)!, values, 1e-4, weight);
      const streamed = CachedFeatures.of(model, { train: ROWS, validation: 11 }, { memoryBytes: 1 })!;
      expect(streamed.streamed).toBe(true);
      expect(await train(engine, model, data, streamed)).toEqual(once);
    },
  );

  it.skipIf(name === 'tensorflow' && folder === null)('epochs read random variants in turn', async () => {
    const document = withFrozen(
      sequentialDocument([
        { kind: 'RandomTranslation', name: 'moved', params: { heightFactor: 0.4, widthFactor: 0.4 } },
        { kind: 'Conv2D', name: 'conv', params: { filters: 4 } },
        { kind: 'Flatten', name: 'flat' },
        dense(3, 'softmax', { name: 'classes' }),
      ]),
      ['classes'],
    );
    const features = classFeatures([6, 6, 2], 3);
    const model = compileOrThrow(document, features, configurationWith({ seed: SEED }));
    const data = dataOf(features);
    const rows = { train: ROWS, validation: 11 };
    const losses = async (memoryBytes: number): Promise<number[]> => {
      const cached = CachedFeatures.of(model, rows, { variants: 2, memoryBytes })!;
      const [train1] = cached.names.filter((each) => each.startsWith('train'));
      expect([cached.variants, train1]).toEqual([2, expect.any(String)]);
      const session = await engine.createSession(cached.sessionModel, { intraOpThreads: 1, stepsPerCall: [1] });
      try {
        await session.writeState(stateFromSeed(model, SEED).state);
        await session.loadData(cached.sessionData(data));
        while (!(await cached.compute(session, async () => false)));
        await session.loadData(cached.sessionData(data));
        const batches = new FedBatches(data);
        const indices = Int32Array.from({ length: BATCH }, (_, row) => (5 * row) % ROWS);
        const request = { split: 'train', indices, steps: 1, learningRates: new Float32Array(1) } as const;
        const found: number[] = [];
        for (const epoch of [0, 1, 2, 3]) {
          found.push((await cached.train(session, request, batches, epoch))[0]!);
        }
        return found;
      } finally {
        await session.dispose();
        await cached.close();
      }
    };
    // The learning rate is 0.
    const [first, second, ...again] = await losses(1e9);
    expect(second).not.toBe(first);
    expect(again).toEqual([first, second]);
    expect(await losses(1)).toEqual([first, second, ...again]);
  });

  // Host memory is the same on both engines.
  it.skipIf(name === 'tensorflow')(
    'values that are read by batch take memory for some batches, however many examples there are',
    async () => {
      const document = sequentialDocument([
        dense(20_000, 'relu', { name: 'wide', frozen: true }),
        dense(2, 'softmax', { name: 'classes' }),
      ]);
      const features = classFeatures([4], 2);
      const model = compileOrThrow(document, features, configurationWith({ seed: SEED }));
      const rows = 1000;
      const cached = CachedFeatures.of(model, { train: rows, validation: 0 }, { memoryBytes: 1 })!;
      const values = { dtype: 'float32', shape: [rows, 4], data: new Float32Array(4 * rows).fill(0.5) } as const;
      const y = { dtype: 'int32', shape: [rows, 1], data: new Int32Array(rows) } as const;
      const data = sessionData({ train: { x: values, y } });
      const session = await engine.createSession(cached.sessionModel, { intraOpThreads: 1, stepsPerCall: [1, 5] });
      try {
        await session.writeState(stateFromSeed(model, SEED).state);
        await session.loadData(cached.sessionData(data));
        await collectGarbage();
        const before = process.memoryUsage().arrayBuffers;
        let most = 0;
        const measure = async (): Promise<boolean> => {
          await collectGarbage();
          most = Math.max(most, process.memoryUsage().arrayBuffers - before);
          return true;
        };
        expect(await cached.compute(session, measure)).toBe(true);
        const batches = new FedBatches(data);
        for (let call = 0; call < 4; call++) {
          const indices = Int32Array.from({ length: 250 }, (_, row) => (7 * (250 * call + row)) % rows);
          const request: TrainRequest = { split: 'train', indices, steps: 5, learningRates: new Float32Array(5) };
          expect(await cached.train(session, request, batches, 0)).toHaveLength(5 * model.reportLength);
          await measure();
        }
        expect(cached.sizeBytes).toBe(4 * 20_000 * rows);
        // The engine keeps buffers of two batch sizes.
        expect(most / cached.sizeBytes).toBeLessThan(0.3);
      } finally {
        await session.dispose();
        await cached.close();
      }
    },
  );
});
