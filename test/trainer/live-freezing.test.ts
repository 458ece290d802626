import { beforeAll, describe, expect, it } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { trainSteps } from '../../src-main/engines/interface/model-calls.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { compileOrThrow } from '../../src-main/trainer/preparation/compile.ts';
import { stateFromSeed, stateToResume } from '../../src-main/trainer/state/first-state.ts';
import { RunningModel } from '../../src-main/trainer/training/running-model.ts';
import { updateGroups } from '../../src-main/trainer/state/update-counters.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { withFrozen, type Freezing } from '../../src-shared/training/commands/freezing.ts';
import type { OptimizerConfiguration } from '../../src-shared/training/configuration/optimizers.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { Dice } from '../support/dice.ts';
import { classFeatures, configurationWith } from '../support/documents.ts';
import { optimizersWithState, optimizerWith } from '../support/optimizers.ts';
import { portion, sample } from '../support/portion.ts';
import { sessionData } from '../support/session-data.ts';

/** Layers that are frozen and unfrozen between two steps, and from the start. */

const ROWS = 24;
const BATCH = 6;
const SEED = 11;

/** Penalty, constraint, normalization, dropout, two uses of a block and a layer that is used twice. */
const document: ModelDocument = chainModel(
  [
    layer('Dense', 'one', { units: 6, activation: 'relu', kernelRegularizer: 'l2', kernelConstraint: 'maxNorm' }),
    layer('BatchNormalization', 'norm', { momentum: 0.8 }),
    layer('Dropout', 'dropout', { rate: 0.3 }),
    use('part', 'inside', { repeat: 2 }),
    use('part', 'other'),
    layer('Dense', 'two', { units: 6, activation: 'tanh', biasRegularizer: 'l1' }),
    layer('Dense', 'again', {}, { weightsOf: 'two' }),
    layer('Dense', 'classes', { units: 3, activation: 'softmax' }),
  ],
  [
    chainBlock('part', [
      layer('Dense', 'dense', { units: 6, kernelConstraint: 'nonNeg' }),
      layer('BatchNormalization', 'batch'),
    ]),
  ],
);

interface Target {
  readonly parts: readonly Omit<Freezing, 'frozen'>[];
  /** Layers whose weights stay. */
  readonly layers: readonly string[];
}
const topLevel = (...layers: string[]): Target => ({ parts: layers.map((layer) => ({ layer })), layers });
const targets: readonly Target[] = [
  topLevel('one', 'inside'),
  { parts: [{ layer: 'inside/dense' }], layers: ['inside/dense', 'inside/2/dense'] },
  topLevel('norm', 'two'),
  { parts: [{ layer: 'batch', block: 'part' }], layers: ['inside/batch', 'inside/2/batch', 'other/batch'] },
  { parts: [{ layer: 'inside/2' }, { layer: 'other/dense' }], layers: ['inside/2', 'other/dense'] },
  topLevel('one', 'norm', 'inside', 'two'),
];

/** Every kind of optimizer; most with all optional state. */
const optimizers: readonly OptimizerConfiguration[] = [
  ...optimizersWithState({
    adam: { ema: { momentum: 0.9 } },
    adamw: { weightDecay: 0.1 },
    adamax: { weightDecay: 0.01 },
  }),
  optimizerWith('adam'),
  optimizerWith('sgd', { weightDecay: 0.1 }),
];
/** Each optimizer freezes one set of layers, two in CI, all in the soak portion. */
const cases = optimizers.flatMap((optimizer, index) => {
  const first = index % targets.length;
  const own = [...targets.slice(first), ...targets.slice(0, first)];
  return sample(`live freezing ${index}`, own, own.length, 1).map((target) => {
    return { title: `${optimizer.kind} ${index}, ${target.layers.join(', ')}`, optimizer, target };
  });
});

const dice = new Dice(5, 'live freezing');
const features = classFeatures([5], 3);
const data = sessionData({
  train: {
    x: { dtype: 'float32', shape: [ROWS, 5], data: Float32Array.from({ length: ROWS * 5 }, () => dice.normal()) },
    y: { dtype: 'int32', shape: [ROWS, 1], data: Int32Array.from({ length: ROWS }, () => dice.below(3)) },
  },
});
const order = dice.shuffled(Array.from({ length: ROWS }, (_, row) => row));

type State = ReadonlyMap<string, HostTensor>;

const freeze = ({ parts }: Target, frozen: boolean): Freezing[] => parts.map((part) => ({ ...part, frozen }));

/** @param saved Resumes from this state. */
/** Where layers are frozen; without cached features it does not matter. */
const at = { step: 0, epoch: 0, epochs: 1, replayed: false };

async function open(
  engine: Engine,
  optimizer: OptimizerConfiguration,
  drawn: ModelDocument,
  saved: State = new Map(),
): Promise<RunningModel> {
  const configuration = configurationWith({ seed: SEED, optimizer });
  const options = { intraOpThreads: 1, stepsPerCall: [1, 2] };
  const model = compileOrThrow(drawn, features, configuration, updateGroups(saved));
  const first = saved.size === 0 ? stateFromSeed(model, SEED) : stateToResume(model, saved, optimizer);
  expect(first.notes).toEqual([]);
  return RunningModel.open(
    { document: drawn, features, configuration, engine, options, data },
    model,
    first.state,
    saved,
  );
}

async function train(running: RunningModel, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step += 2) {
    const first = (step * BATCH) % ROWS;
    const indices = Int32Array.from(order.slice(first, first + 2 * BATCH));
    const learningRates = Float32Array.of(0.05, 0.04);
    await trainSteps(running.session, { split: 'train', indices, steps: 2, learningRates });
  }
}

/** As a checkpoint holds it. */
const stateOf = async (running: RunningModel): Promise<State> =>
  new Map([...(await running.readFrozen()), ...(await running.readTrained())]);

/** Bytes in hex, by name. */
const bits = (state: State): Record<string, string> =>
  Object.fromEntries(
    [...state]
      .map(([name, { data }]) => [name, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  );

/** The entries of these layers: weights, and slots with `slots`. */
function entriesOf(state: State, { layers }: Target, slots: boolean): Record<string, string> {
  const inside = (name: string): boolean => layers.some((layer) => name.startsWith(`${layer}/`));
  const entries = Object.entries(bits(state)).filter(
    ([name]) => inside(name) || (slots && name.startsWith('optimizer/') && inside(name.slice('optimizer/'.length))),
  );
  expect(entries.length).toBeGreaterThan(layers.length);
  return Object.fromEntries(entries);
}

/** Trains 4 steps, 4 with frozen layers and 4 without. @returns The state after each part. */
async function trainLive(engine: Engine, optimizer: OptimizerConfiguration, target: Target): Promise<State[]> {
  const running = await open(engine, optimizer, document);
  try {
    await train(running, 0, 4);
    const before = await stateOf(running);
    expect(await running.setFrozen(freeze(target, true), at)).toBe(true);
    expect(await running.setFrozen(freeze(target, true), at)).toBe(false);
    await train(running, 4, 8);
    const frozen = await stateOf(running);
    expect(await running.setFrozen(freeze(target, false), at)).toBe(true);
    await train(running, 8, 12);
    return [before, frozen, await stateOf(running)];
  } finally {
    await running.dispose();
  }
}

function freezesLive(load: () => Promise<Engine>, tested: typeof cases): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });

  it.each(tested)('keeps weights and slots to the bit: $title', async ({ optimizer, target }) => {
    const [before, frozen, after] = (await trainLive(engine, optimizer, target)) as [State, State, State];
    expect(entriesOf(frozen, target, true)).toEqual(entriesOf(before, target, true));
    const [earlier, later, kept] = [bits(before), bits(frozen), entriesOf(frozen, target, false)];
    expect(later['classes/kernel']).not.toBe(earlier['classes/kernel']);
    // FTRL sets weights to 0, and what is before them gets no gradient.
    const getsGradients = optimizer.kind !== 'ftrl';
    for (const name of Object.keys(later).filter((each) => each.endsWith('/kernel') && !(each in kept))) {
      if (getsGradients) expect(later[name], name).not.toBe(earlier[name]);
    }
    for (const [name, value] of Object.entries(entriesOf(frozen, target, false))) {
      if (getsGradients && name.endsWith('/kernel')) expect(bits(after)[name], name).not.toBe(value);
    }
    // The same layers frozen at the same steps give the same bits.
    const again = await trainLive(engine, optimizer, target);
    expect(bits(again[2]!)).toEqual(bits(after));
    // A run that is resumed while they are frozen finds their slots.
    const resumed = await open(engine, optimizer, withFrozen(document, freeze(target, true)), frozen);
    try {
      expect(bits(await stateOf(resumed))).toEqual(bits(frozen));
      await resumed.setFrozen(freeze(target, false), at);
      await train(resumed, 8, 12);
      expect(bits(await stateOf(resumed))).toEqual(bits(after));
    } finally {
      await resumed.dispose();
    }
  });

  it.each(tested)('keeps the first weights of layers frozen from the start: $title', async ({ optimizer, target }) => {
    const running = await open(engine, optimizer, withFrozen(document, freeze(target, true)));
    try {
      const before = await stateOf(running);
      await train(running, 0, 4);
      const after = await stateOf(running);
      expect(entriesOf(after, target, true)).toEqual(entriesOf(before, target, true));
      await running.setFrozen(freeze(target, false), at);
      await train(running, 4, 6);
      const counts = [...(await stateOf(running))].filter(([name]) => /^optimizer\/.+\/updates$/.test(name));
      const updates = optimizer.gradientAccumulationSteps === undefined ? [2, 6] : [1, 3];
      for (const [name, { data }] of counts) {
        const isNew = target.layers.some((layer) => name.startsWith(`optimizer/${layer}/`));
        expect([name, data[0]]).toEqual([name, updates[isNew ? 0 : 1]]);
      }
    } finally {
      await running.dispose();
    }
  });

  it('leaves no copies of the state in memory', async () => {
    const large = chainModel(
      [
        layer('Dense', 'one', { units: 1000 }),
        layer('Dense', 'two', { units: 1000 }),
        layer('Dense', 'classes', { units: 3, activation: 'softmax' }),
      ],
      [],
    );
    /** Of a weight of 'two'; the state holds it and two slots. */
    const kernelBytes = 4e6;
    const running = await open(engine, optimizerWith('adam'), large);
    try {
      const held: number[] = [];
      for (const frozen of [true, false, true, false, true, false]) {
        await train(running, 0, 2);
        await running.setFrozen(freeze(topLevel('two'), frozen), at);
        held.push(process.memoryUsage().arrayBuffers);
      }
      // Between the same two states again and again.
      const growth = Math.max(...held.slice(2)) - Math.max(...held.slice(0, 2));
      expect(growth).toBeLessThan(kernelBytes);
    } finally {
      await running.dispose();
    }
  });

  it('refuses layers that the model does not have or that have no weights of their own', async () => {
    const running = await open(engine, optimizers[0]!, document);
    try {
      const session = running.session;
      for (const layer of ['three', 'dense', 'again', 'again/dense', 'inside/two', 'one/2']) {
        const refused = running.setFrozen([{ layer, frozen: true }], at);
        await expect(refused).rejects.toMatchObject({ code: 'training/cannot-set', details: { layer } });
      }
      expect(running.session).toBe(session);
      await train(running, 0, 2);
    } finally {
      await running.dispose();
    }
  });

  it('refuses to freeze all layers', async () => {
    const all = topLevel('one', 'norm', 'inside', 'other', 'two', 'classes');
    const running = await open(engine, optimizers[0]!, document);
    try {
      await expect(running.setFrozen(freeze(all, true), at)).rejects.toMatchObject({ code: 'model/invalid' });
      expect(running.isOpen).toBe(true);
      await train(running, 0, 2);
      expect((await stateOf(running)).get('optimizer/one/kernel/updates')!.data[0]).toBe(2);
    } finally {
      await running.dispose();
    }
  });
}

/** A few optimizers in `npm test`. */
const only = (...kinds: readonly OptimizerConfiguration['kind'][]) =>
  cases.filter(({ optimizer: { kind } }) => portion !== 'quick' || kinds.includes(kind));

describe('live freezing on onnx', () => {
  freezesLive(() => loadOnnxEngine('cpu'), only('sgd', 'rmsprop'));
});

describe.skipIf(findTensorFlow() === null)('live freezing on tensorflow', () => {
  freezesLive(() => loadTensorFlowEngine(findTensorFlow()!.folder, 1), only('nadam'));
});
