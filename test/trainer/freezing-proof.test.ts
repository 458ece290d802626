import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { trainSteps } from '../../src-main/engines/interface/model-calls.ts';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { readArtifact, writeArtifact } from '../../src-main/runs/artifacts.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { compileOrThrow } from '../../src-main/trainer/preparation/compile.ts';
import { stateFromSeed } from '../../src-main/trainer/state/first-state.ts';
import { WeightHashes } from '../../src-main/trainer/state/weight-hashes.ts';
import type { ModelNode } from '../../src-shared/document/schema/model-document.ts';
import type { RecordedSettings } from '../../src-shared/training/commands/run-command.ts';
import { layerFreezing } from '../../src-shared/training/run/freezing-proof.ts';
import type { FreezingProof, LayerFreezing } from '../../src-shared/training/run/freezing-proof.ts';
import { exampleRun } from '../runs/example-run.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { optimizerWith } from '../support/optimizers.ts';
import { sessionData } from '../support/session-data.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';

const sha256 = ({ data }: HostTensor): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

const STEPS_PER_EPOCH = 9;

/** A run of this many steps an epoch, with frozen layers of several kinds. */
function mixedRun(engine: 'onnx' | 'tensorflow', configuration: Partial<NewRun['configuration']> = {}): NewRun {
  const frozen = { frozen: true };
  return {
    ...exampleRun({ engine, epochs: 2, ...configuration }),
    model: chainModel(
      [
        layer('Dense', 'base', { units: 6, kernelRegularizer: 'l2', kernelConstraint: 'maxNorm' }, frozen),
        layer('BatchNormalization', 'norm', {}, frozen),
        layer('BatchNormalization', 'follows', { statisticsWhenFrozen: 'batch' }, frozen),
        layer('Dense', 'middle', { units: 6, activation: 'relu' }),
        use('stack', 'stack', { repeat: 2, units: 6 }, { frozenPaths: [[[1, 1]]] }),
        layer('BatchNormalization', 'live', {}),
        layer('Dense', 'classes', { units: 2, activation: 'softmax' }),
      ],
      [denseBlock],
    ),
  };
}

const setAt = (seq: number, step: number, name: string, frozen: boolean): RecordedSettings => ({
  seq,
  step,
  epoch: Math.floor(step / STEPS_PER_EPOCH),
  at: '2026-11-30T12:00:00.000Z',
  command: { kind: 'set', patch: { frozen: [{ layer: name, frozen }] } },
});

describeEngines('the comparison of the weights after a run', (engine) => {
  let bench: TrainingBench;
  afterEach(() => bench.close());

  const layersOf = (runId: string): Map<string, LayerFreezing> =>
    new Map(layerFreezing(bench.store.get(runId).freezing!).map((each) => [each.layer, each]));

  it.each(engine === 'onnx' ? (['adamw', 'sgd', 'nadam'] as const) : (['adamw'] as const))(
    'has unchanged hashes for what %s left frozen',
    async (kind) => {
      bench = new TrainingBench();
      const weightDecay = kind === 'nadam' ? {} : { weightDecay: 0.1 };
      const optimizer = { ...optimizerWith(kind, { learningRate: 0.01 }), ...weightDecay };
      const { id, state, error, stepsDone } = await bench.train(mixedRun(engine, { optimizer }));
      expect([state, error, stepsDone]).toEqual(['completed', null, 2 * STEPS_PER_EPOCH]);
      const layers = layersOf(id);
      for (const { compared, spans, frozen } of layers.values()) {
        expect(compared).toEqual({ first: 1, last: stepsDone });
        expect(spans).toEqual(frozen === 'always' ? [compared] : []);
      }
      const summary = Object.fromEntries([...layers].map(([name, { frozen, result }]) => [name, [frozen, result]]));
      expect(summary).toEqual({
        base: ['always', 'unchanged'],
        norm: ['always', 'unchanged'],
        follows: ['always', 'changed'],
        middle: ['never', 'changed'],
        'stack/dense': ['always', 'unchanged'],
        'stack/norm': ['always', 'unchanged'],
        'stack/2/dense': ['never', 'changed'],
        'stack/2/norm': ['never', 'changed'],
        live: ['never', 'changed'],
        classes: ['never', 'changed'],
      });
      const statistics = layers.get('follows')!.weights.map(({ name, result }) => [name, result]);
      expect(statistics).toEqual([
        ['follows/moving_mean', 'changed'],
        ['follows/moving_variance', 'changed'],
        ['follows/gamma', 'unchanged'],
        ['follows/beta', 'unchanged'],
      ]);
      const [first, last] = [await bench.state(id, 'initial'), await bench.state(id)];
      const rows = [...layers.values()].flatMap(({ weights }) => weights);
      expect(rows.length).toBeGreaterThan(20);
      for (const { name, shape, before, after } of rows) {
        expect([name, shape]).toEqual([name, first.get(name)!.shape]);
        expect([name, before, after]).toEqual([name, sha256(first.get(name)!), sha256(last.get(name)!)]);
      }
      expect(layers.get('base')!.after).toBe(layers.get('base')!.before);
      expect(layers.get('middle')!.after).not.toBe(layers.get('middle')!.before);
    },
  );

  it('has the steps in which a layer was frozen and unchanged while it trained', async () => {
    bench = new TrainingBench();
    const commands = [setAt(1, 4, 'middle', true), setAt(2, 11, 'middle', false), setAt(3, 11, 'base', false)];
    const { id, state } = await bench.train({ ...mixedRun(engine), commands });
    expect(state).toBe('completed');
    const layers = layersOf(id);
    expect(layers.get('middle')).toMatchObject({
      frozen: 'partly',
      spans: [{ first: 5, last: 11 }],
      result: 'changed',
    });
    expect(layers.get('base')).toMatchObject({ frozen: 'partly', spans: [{ first: 1, last: 11 }], result: 'changed' });
    expect(layers.get('norm')).toMatchObject({ frozen: 'always', result: 'unchanged' });
    const { weights } = bench.store.get(id).freezing!.layers.find(({ layer }) => layer === 'middle')!;
    for (const { hashes } of weights) {
      expect(hashes.map(({ step, frozen }) => [step, frozen])).toEqual([
        [0, false],
        [4, true],
        [11, false],
        [18, false],
      ]);
      expect(new Set(hashes.map((hash) => hash.sha256)).size).toBe(3);
    }
  });

  it.runIf(engine === 'onnx')('covers all steps of a resumed run', async () => {
    bench = new TrainingBench();
    const commands = [setAt(1, 4, 'middle', true)];
    const half = await bench.train({ ...mixedRun(engine, { epochs: 1 }), commands });
    const whole = await bench.train({ ...mixedRun(engine), commands });
    const continueFrom = { runId: half.id, checkpoint: 'last', mode: 'resume' } as const;
    const unfrozen = mixedRun(engine);
    const model = {
      ...unfrozen.model,
      nodes: unfrozen.model.nodes.map((node): ModelNode => (node.name === 'middle' ? { ...node, frozen: true } : node)),
    };
    const resumed = await bench.train({ ...unfrozen, model, continueFrom });
    expect(resumed.state).toBe('completed');
    expect(bench.store.get(resumed.id).freezing).toEqual(bench.store.get(whole.id).freezing);
  });

  it.runIf(engine === 'onnx')('begins at the resumed step where the checkpoint is of an older version', async () => {
    bench = new TrainingBench();
    const half = await bench.train(mixedRun(engine, { epochs: 1 }));
    const checkpoint = bench.store.requireCheckpoint(half.id, 'last');
    const { tensors, metadata } = await readArtifact(bench.store.artifacts, checkpoint.sha256);
    const { weightHashes, ...older } = metadata as Record<string, string>;
    expect(weightHashes).toContain('sha256');
    const file = await writeArtifact(bench.store.artifacts, tensors, older);
    bench.store.recordCheckpoints(half.id, [{ ...checkpoint, ...file }]);
    const continueFrom = { runId: half.id, checkpoint: 'last', mode: 'resume' } as const;
    const resumed = await bench.train({ ...mixedRun(engine), continueFrom });
    for (const { compared } of layersOf(resumed.id).values()) {
      expect(compared).toEqual({ first: STEPS_PER_EPOCH + 1, last: 2 * STEPS_PER_EPOCH });
    }
  });

  it.runIf(engine === 'onnx')('is recorded for a run that failed, and not for one that was killed', async () => {
    bench = new TrainingBench();
    const optimizer = optimizerWith('sgd', { learningRate: 1e30 });
    const failed = await bench.train(mixedRun(engine, { optimizer }));
    expect(failed.error?.code).toBe('training/not-finite');
    expect(layersOf(failed.id).get('base')).toMatchObject({ frozen: 'always', result: 'unchanged' });
    const { id } = bench.supervisor.start(mixedRun(engine, { epochs: 100_000 }));
    await bench.event(({ name, payload }) => name === 'run.epoch' && payload.runId === id);
    bench.supervisor.kill(id);
    expect((await bench.supervisor.ended(id)).state).toBe('interrupted');
    expect(bench.store.get(id).freezing).toBeNull();
  });
});

describe('a frozen weight that changes by one bit', () => {
  const ROWS = 8;
  const document = sequentialDocument([
    dense(4, 'relu', { name: 'base', frozen: true }),
    { kind: 'BatchNormalization', name: 'norm', frozen: true },
    dense(3, 'softmax', { name: 'head' }),
  ]);
  const features = classFeatures([5], 3);
  const data = sessionData({
    train: {
      x: { dtype: 'float32', shape: [ROWS, 5], data: Float32Array.from({ length: ROWS * 5 }, (_, i) => Math.sin(i)) },
      y: { dtype: 'int32', shape: [ROWS, 1], data: Int32Array.from({ length: ROWS }, (_, i) => i % 3) },
    },
  });

  /** Trains two steps, and changes the lowest bit of the last value of a weight. */
  async function proofAfterFlip(flipped: string | null): Promise<FreezingProof> {
    const engine = await loadOnnxEngine('cpu');
    const model = compileOrThrow(document, features, configurationWith({ seed: 3 }), () => '');
    const { state } = stateFromSeed(model, 3);
    const hashes = new WeightHashes();
    await hashes.update(model, state, 0);
    const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
    try {
      await session.writeState(state);
      await session.loadData(data);
      for (let step = 0; step < 2; step++) {
        const indices = Int32Array.from({ length: 4 }, (_, i) => 4 * step + i);
        await trainSteps(session, { split: 'train', indices, steps: 1, learningRates: Float32Array.of(0.1) });
      }
      if (flipped !== null) {
        const tensor = [...(await session.readState([flipped])).values()][0] as HostTensor & { dtype: 'float32' };
        const values = tensor.data.slice();
        const bytes = new Uint8Array(values.buffer);
        bytes[bytes.length - 4]! ^= 1;
        await session.writeState(new Map([[flipped, { ...tensor, data: values }]]));
      }
      return await hashes.proof(model, session, 2);
    } finally {
      await session.dispose();
    }
  }

  const results = (proof: FreezingProof) =>
    Object.fromEntries(
      layerFreezing(proof).flatMap(({ weights }) => weights.map(({ name, result }) => [name, result])),
    );

  it.each([null, 'base/kernel', 'base/bias', 'norm/gamma', 'norm/beta', 'norm/moving_mean', 'norm/moving_variance'])(
    'is a fault: %s',
    async (flipped) => {
      const expected = {
        'base/kernel': 'unchanged',
        'base/bias': 'unchanged',
        'norm/moving_mean': 'unchanged',
        'norm/moving_variance': 'unchanged',
        'norm/gamma': 'unchanged',
        'norm/beta': 'unchanged',
        'head/kernel': 'changed',
        'head/bias': 'changed',
      };
      expect(results(await proofAfterFlip(flipped))).toEqual(
        flipped === null ? expected : { ...expected, [flipped]: 'fault' },
      );
    },
  );
});
