import { afterEach, expect, it } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { writeArtifact } from '../../src-main/runs/artifacts.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { JsonValue } from '../../src-shared/document/schema/model-document.ts';
import { modelWeights } from '../../src-shared/compiler/model-programs.ts';
import { weightChangeSchema } from '../../src-shared/contract/run-results.ts';
import { exampleRun, loadCheckpoint } from '../runs/example-run.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

/** Layers whose weights have names of inner layers, frozen and trained ones of each kind. */
function nestedRun(engine: 'onnx' | 'tensorflow'): NewRun {
  const attention = { numHeads: 2, keyDim: 2 };
  const lstm: JsonValue = { kind: 'LSTM', params: { units: 3, returnSequences: true } };
  const steps: JsonValue = { kind: 'Dense', params: { units: 4 } };
  const frozen = { frozen: true };
  return {
    ...exampleRun({ engine, epochs: 1 }),
    model: chainModel(
      [
        layer('Reshape', 'sequence', { targetShape: [2, 1] }),
        layer('Bidirectional', 'both', { layer: lstm }),
        layer('Bidirectional', 'both_frozen', { layer: lstm }, frozen),
        layer('MultiHeadAttention', 'attention', attention),
        layer('MultiHeadAttention', 'attention_frozen', attention, frozen),
        layer('TimeDistributed', 'each', { layer: steps }),
        layer('TimeDistributed', 'each_frozen', { layer: steps }, frozen),
        layer('BatchNormalization', 'norm'),
        layer('BatchNormalization', 'norm_frozen', {}, frozen),
        layer('Flatten', 'flat'),
        use('stack', 'stack', { repeat: 3, units: 4 }, { frozenPaths: [[[2, 2]]] }),
        layer('Dense', 'classes', { units: 2, activation: 'softmax' }),
      ],
      [denseBlock],
    ),
  };
}

describeEngines('weight changes', (engine) => {
  it('list every weight once, with a change of 0 for frozen ones', async () => {
    bench = new TrainingBench();
    const run = nestedRun(engine);
    const { id, state, error } = await bench.train(run);
    expect([state, error]).toEqual(['completed', null]);
    const { featureSpec } = bench.store.get(id);
    const weights = modelWeights(run.model, featureSpec!, run.configuration);
    const changes = await bench.supervisor.jobs.weightChanges(id, 'last');
    expect(changes.map(({ name, layer, shape }) => ({ name, layer, shape }))).toEqual(
      weights.map(({ name, layer, shape }) => ({ name, layer, shape })),
    );
    expect(changes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['attention/query/kernel', 'both/forward_lstm/kernel', 'stack/3/norm/moving_mean']),
    );
    const [first, last] = [await bench.state(id, 'initial'), await bench.state(id)];
    for (const { name, layer, frozen, maxAbsoluteChange, relativeChange } of changes) {
      expect([name, frozen]).toEqual([name, layer.endsWith('_frozen') || /^stack\/2\//.test(layer)]);
      expect([name, maxAbsoluteChange === 0, relativeChange === 0]).toEqual([name, frozen, frozen]);
      if (frozen) expect(last.get(name)).toEqual(first.get(name));
    }
  });

  it.runIf(engine === 'onnx')('omit the change of a weight that is not finite', async () => {
    bench = new TrainingBench();
    const { id } = await bench.train(exampleRun({ engine, epochs: 1 }));
    const { tensors, metadata } = await loadCheckpoint(bench.store, id, 'last');
    const kernel = tensors.get('hidden/kernel')!;
    const broken = { ...kernel, data: Float32Array.from(kernel.data, () => Infinity) } as HostTensor;
    const file = await writeArtifact(bench.store.artifacts, new Map([...tensors, ['hidden/kernel', broken]]), metadata);
    bench.store.recordCheckpoints(id, [{ ...bench.store.requireCheckpoint(id, 'last'), ...file }]);
    const changes = await bench.supervisor.jobs.weightChanges(id, 'last');
    expect(changes.map((change) => weightChangeSchema.parse(change).relativeChange === null)).toEqual(
      changes.map(({ name }) => name === 'hidden/kernel'),
    );
  });
});
