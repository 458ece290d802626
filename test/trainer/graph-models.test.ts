import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, test } from 'vitest';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { readNpz, writeNpz } from '../../src-main/interchange/npz/npz.ts';
import { relativeDifference } from '../../src-main/engines/interface/relative-difference.ts';
import { predictTensors } from '../../src-main/trainer/jobs/predict-tensors.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { setFrozen } from '../../src-shared/document/edits/edits.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { elementCount } from '../../src-shared/program/language/shape.ts';
import { fitTo } from '../../src-shared/starting-points/fit.ts';
import { baseUpTo, withNewHead } from '../../src-shared/starting-points/templates/new-head.ts';
import { layerFreezing } from '../../src-shared/training/run/freezing-proof.ts';
import { exampleRun } from '../runs/example-run.ts';
import { Dice } from '../support/dice.ts';
import { classFeatures } from '../support/documents.ts';
import { imagesOfNumbers } from '../support/graph-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { tfjsPredictions } from '../support/tfjs-graph.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';

/** Graph models of TensorFlow.js by another author, in ../shared/data. */
const FOLDER = join(import.meta.dirname, '../../../shared/data/models/keras-3.8-and-tfjs-graph-mnist');
const files = [
  ['tfjs_model', [28, 28, 1], 37_610],
  ['tfjs_model_mlp', [28, 28], 118_282],
] as const;
const INPUT = 'input_layer';

const context = { signal: new AbortController().signal, onProgress: () => {} };
const dice = new Dice(2, 'graph models');
const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, () => dice.unit());

describeEngines('graph models of another author', (engine) => {
  test.for(files)('%s predicts as in TensorFlow.js', async ([name, shape, parameters], { skip }) => {
    const path = join(FOLDER, name, 'model.json');
    skip(!existsSync(path), 'not in ../shared/data');
    const folder = temporaryFolder();
    const artifacts = join(folder, 'artifacts');
    const { document, report } = await importModel({ path, artifacts, onto: null }, context);
    expect(report).toMatchObject({ format: 'tfjs-graph', parameters, fileParameters: parameters });
    const given = { shape: [5, ...shape], data: numbers(5 * elementCount(shape)) };
    const [expected] = await tfjsPredictions(path, { [INPUT]: given }, ['Identity']);
    const [from, to] = [join(folder, 'x.npz'), join(folder, 'y.npz')];
    await writeNpz(from, new Map([[INPUT, given]]));
    const weights = { folder: artifacts, sha256: document.weights!.artifact };
    const params = { model: document, featureSpec: null, seed: 0, weights, engine, input: from, output: to };
    await predictTensors(params, async () => {});
    const found = (await readNpz(to)).get('output_0')!;
    expect(found.shape).toEqual([5, 10]);
    expect(relativeDifference([...found.data], expected!.data, 0)).toBeLessThan(1e-5);
  });
});

describeEngines('training with Operations nodes', (engine) => {
  let bench: TrainingBench;
  afterEach(() => bench.close());

  const opened = async (): Promise<ModelDocument> => {
    const path = imagesOfNumbers(temporaryFolder());
    return (await importModel({ path, artifacts: bench.store.artifacts, onto: null }, context)).document;
  };
  const run = (model: ModelDocument): NewRun => ({ ...exampleRun({ engine, epochs: 2 }), model });
  const freezing = (id: string): Record<string, unknown> =>
    Object.fromEntries(
      layerFreezing(bench.store.get(id).freezing!).map(({ layer, frozen, result }) => [layer, [frozen, result]]),
    );

  it('a new head learns; the frozen part keeps its bits, and the loss falls', async () => {
    bench = new TrainingBench();
    const document = await opened();
    const features = classFeatures([2], 2);
    const end = document.nodes.find(({ name }) => name === 'pool')!;
    const base = baseUpTo(document, end, analyze(document, features).nodes)!;
    let ids = 0;
    const head = withNewHead(document, base, fitTo(features), () => `new ${ids++}`);
    const { id, state, error } = await bench.train(run(applyChange(document, head)));
    expect([state, error]).toEqual(['completed', null]);
    expect(freezing(id)).toEqual({
      conv: ['always', 'unchanged'],
      bn: ['always', 'unchanged'],
      new_head: ['never', 'changed'],
    });
    const losses = bench.losses(id).map(([, loss]) => loss);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });

  it('unfrozen nodes train; their statistics do not', async () => {
    bench = new TrainingBench();
    const document = await opened();
    const frozen = document.nodes.filter((each) => each.frozen).map(({ id }) => id);
    const { id, state, error } = await bench.train(run(applyChange(document, setFrozen(document, frozen, false)!)));
    expect([state, error]).toEqual(['completed', null]);
    const [before, after] = [await bench.state(id, 'initial'), await bench.state(id)];
    const weights = [...before.keys()].filter((name) => /^(conv|bn|classes)\/[^/]+$/.test(name));
    const changed = weights.filter((name) => before.get(name)!.data.join() !== after.get(name)!.data.join());
    expect(weights.filter((name) => !changed.includes(name))).toEqual(['bn/moving_mean', 'bn/moving_variance']);
    expect(changed).toHaveLength(5);
  });
});
