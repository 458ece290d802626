import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { remove } from '../../src-shared/document/edits/edits.ts';
import { takeOut } from '../../src-shared/document/edits/take-out.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { exampleRun } from '../runs/example-run.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

/** A block with BatchNormalization and dropout twice in a row, the second time with the weights of the first. */
function sharedModel(more: object = {}): ModelDocument {
  const again = use('stack', 'again', {}, { weightsOf: 'stack' });
  const classes = layer('Dense', 'classes', { units: 2, activation: 'softmax' });
  return chainModel([use('stack', 'stack', { units: 2 }, more), again, classes], [denseBlock]);
}

describeEngines('a block that is used twice', (engine) => {
  const run = (model: ModelDocument): NewRun => ({ ...exampleRun({ engine, epochs: 2 }), model });

  it('trains to the same bits again; frozen, its weights keep their bits', async () => {
    bench = new TrainingBench();
    const first = await bench.train(run(sharedModel()));
    expect(first).toMatchObject({ state: 'completed', epochsDone: 2 });
    const again = await bench.train(run(sharedModel()));
    expect(learned(bench, again.id)).toEqual(learned(bench, first.id));
    const before = await bench.state(first.id);
    expect([...before.keys()].filter((name) => name.endsWith('/kernel'))).toEqual([
      'stack/dense/kernel',
      'classes/kernel',
    ]);

    const frozen = await bench.train({
      ...run(sharedModel({ frozen: true })),
      continueFrom: { runId: first.id, checkpoint: 'last', mode: 'weights' },
    });
    const after = await bench.state(frozen.id);
    const kept = [...before.keys()].filter((name) => name.startsWith('stack/'));
    expect(kept.length).toBeGreaterThan(4);
    for (const name of kept) expect(after.get(name), name).toEqual(before.get(name));
    expect(after.get('classes/kernel')).not.toEqual(before.get('classes/kernel'));
  });
});

it('the layer that becomes the owner when the owner is deleted continues from the weights of a run; a shared model is exported', async () => {
  bench = new TrainingBench();
  const example = exampleRun({ engine: 'onnx', epochs: 1 });
  const first = await bench.train({ ...example, model: sharedModel() });
  const model = applyChange(sharedModel(), takeOut(sharedModel(), ['stack'])!);
  expect(model.nodes.map(({ id, name, weightsOf }) => [id, name, weightsOf]).slice(1, 2)).toEqual([
    ['again', 'stack', undefined],
  ]);
  expect(applyChange(sharedModel(), remove(sharedModel(), ['stack'])).nodes).toEqual(model.nodes);
  const frozen = model.nodes.map((node) => (node.name === 'stack' ? { ...node, frozen: true } : node));
  const second = await bench.train({
    ...example,
    model: { ...model, nodes: frozen },
    continueFrom: { runId: first.id, checkpoint: 'last', mode: 'weights' },
  });
  const [before, after] = [await bench.state(first.id), await bench.state(second.id)];
  expect(after.get('stack/dense/kernel')).toEqual(before.get('stack/dense/kernel'));

  if (findTensorFlow() === null) return;
  const exported = await bench.supervisor.jobs.export(first.id, 'last', 'savedmodel', join(bench.folder, 'exported'));
  expect(exported.maxDifference).toBeLessThan(1e-6);
});
