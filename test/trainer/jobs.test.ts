import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { childProcesses } from '../support/processes.ts';
import { exampleRun } from '../runs/example-run.ts';
import { TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
let classes: RunSummary;
let prices: RunSummary;

beforeAll(async () => {
  bench = new TrainingBench();
  classes = await bench.train(exampleRun({ engine: 'onnx', epochs: 3 }));
  prices = await bench.train(priceRun());
});
afterAll(() => bench.close());

/** Prices in dollars, linear in the size with some noise; some sizes are missing. */
function priceRun(): NewRun {
  const lines = Array.from({ length: 400 }, (_, i) => {
    const size = 20 + ((i * 37) % 200);
    return `${i % 50 === 0 ? '' : size},${i % 2 === 0 ? 'north' : 'south'},${1000 * size + (i % 2) * 30_000 + (i % 7) * 100}`;
  });
  writeFileSync(join(bench.folder, 'prices.csv'), `size,place,price\n${lines.join('\n')}\n`);
  const run = exampleRun({ engine: 'onnx', epochs: 30, batchSize: 16 });
  return {
    ...run,
    configuration: {
      ...run.configuration,
      optimizer: { kind: 'sgd', learningRate: 0.02, momentum: 0.9, nesterov: false },
    },
    model: sequentialDocument([dense(8, 'relu', { name: 'hidden' }), dense(1, 'linear', { name: 'price' })]),
    dataset: {
      ...run.dataset,
      name: 'prices',
      source: { kind: 'csv', path: 'prices.csv' },
      columns: [
        { name: 'size', role: 'feature', type: 'numeric', missing: 'median', scaling: 'standard' },
        { name: 'place', role: 'feature', type: 'categorical', missing: 'category', scaling: 'none' },
        { name: 'price', role: 'target', type: 'numeric', missing: 'drop-row', scaling: 'standard', unit: 'USD' },
      ],
      split: { ...run.dataset.split, stratify: false },
    },
  };
}

describe('jobs on a trained model', () => {
  it('evaluate equals the recorded results of each split', async () => {
    expect(classes.state).toBe('completed');
    expect(await bench.supervisor.evaluate(classes.id, 'best', 'test')).toEqual(classes.test);
    const validation = await bench.supervisor.evaluate(classes.id, 'last', 'validation');
    expect(validation.metrics['loss']).toBe(classes.lastMetrics['val_loss']);
    expect(validation.metrics['accuracy']).toBe(classes.lastMetrics['val_accuracy']);
  });

  it('errors of a numeric target are in its unit', async () => {
    const { test } = prices;
    const [price] = test!.outputs;
    expect(price).toMatchObject({ unit: 'USD' });
    const [target] = bench.store.get(prices.id).featureSpec!.targets;
    const deviation = target?.kind === 'numeric' ? target.standardDeviation : NaN;
    expect(price!.rmseOriginal! / deviation).toBeCloseTo(price!.rmseRelative!, 10);
    expect(price!.rmseRelative).toBeLessThan(0.5);
    const scale = target?.kind === 'numeric' ? target.scale : NaN;
    expect(price!.maeOriginal! / scale).toBeCloseTo(test!.metrics['mae']!, 5);
    expect(Math.sqrt(test!.metrics['loss']!) * scale).toBeCloseTo(price!.rmseOriginal!, 0);
  });

  it('predict accepts rows as in the file', async () => {
    const samples = await bench.supervisor.samples(prices.id, 'test', 20, 0);
    expect(samples).toHaveLength(20);
    const predictions = await bench.supervisor.predict(
      prices.id,
      'last',
      samples.map(({ row }) => row),
    );
    const { rmseOriginal } = prices.test!.outputs[0]!;
    for (const [i, { predictions: targets }] of predictions.entries()) {
      expect(targets).toMatchObject([{ target: 'price', unit: 'USD' }]);
      expect(Math.abs(Number(targets[0]!.value) - Number(samples[i]!.targets['price']))).toBeLessThan(
        6 * rmseOriginal!,
      );
    }
    const [unknown] = await bench.supervisor.predict(prices.id, 'last', [{ size: null, place: 'east' }]);
    expect(Number.isFinite(unknown!.predictions[0]!.value)).toBe(true);
    await expect(bench.supervisor.predict(prices.id, 'last', [{ size: 'big', place: 'north' }])).rejects.toMatchObject({
      code: 'dataset/bad-value',
    });
  });

  it('a second call reuses the worker process', async () => {
    const [sample] = await bench.supervisor.samples(classes.id, 'test', 1, 0);
    const predict = () => bench.supervisor.predict(classes.id, 'best', [sample!.row]);
    await predict();
    const workers = () => childProcesses(process.pid).map(({ pid }) => pid);
    const before = workers();
    const [row] = await predict();
    const [prediction] = row!.predictions;
    expect(before).not.toEqual([]);
    expect(workers()).toEqual(before);
    expect(prediction!.probabilities!.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(prediction!.classes).toContain(prediction!.value);
  });

  it('weightChanges is 0 for the initial weights', async () => {
    const none = await bench.supervisor.weightChanges(classes.id, 'initial');
    expect(none.map(({ name, relativeChange }) => [name, relativeChange])).toEqual([
      ['hidden/kernel', 0],
      ['hidden/bias', 0],
      ['classes/kernel', 0],
      ['classes/bias', 0],
    ]);
    for (const { maxAbsoluteChange } of await bench.supervisor.weightChanges(classes.id, 'last')) {
      expect(maxAbsoluteChange).toBeGreaterThan(0);
    }
  });

  it('export writes a SavedModel that predicts the same', async () => {
    const folder = join(bench.folder, 'export');
    const result = await bench.supervisor.export(classes.id, 'last', 'savedmodel', folder);
    expect(result.folder).toBe(folder);
    expect(result.files).toContain('saved_model.pb');
    for (const file of result.files) expect(existsSync(join(folder, file))).toBe(true);
    if (findTensorFlow() === null) expect(result.maxDifference).toBeNull();
    else expect(result.maxDifference).toBeLessThan(1e-5);
  });

  it('missing checkpoints and runs are rejected', async () => {
    const stopped = bench.supervisor.start(exampleRun({ engine: 'onnx', epochs: 1000 }));
    bench.supervisor.stop(stopped.id);
    await bench.supervisor.ended(stopped.id);
    await expect(bench.supervisor.predict(stopped.id, 'best', [{}])).rejects.toMatchObject({
      code: 'runs/no-checkpoint',
    });
    await expect(bench.supervisor.predict('nothing', 'best', [{}])).rejects.toMatchObject({ code: 'runs/unknown' });
  });
});
