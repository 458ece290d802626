import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { JobRunner } from '../../src-main/trainer/job-runner.ts';
import type { TrainedModel } from '../../src-main/training-protocol/protocol.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
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

interface Watch {
  readonly signal: AbortSignal;
  onProgress(progress: RequestProgress): void;
}

/** Collects progress. @param last The activity at whose first report the job is aborted. */
function watched(last?: string): { watch: Watch; fractionsOf: (activity: string) => number[] } {
  const controller = new AbortController();
  const reports: RequestProgress[] = [];
  const onProgress = (progress: RequestProgress): void => {
    reports.push(progress);
    if (progress.activity === last) controller.abort();
  };
  return {
    watch: { signal: controller.signal, onProgress },
    fractionsOf: (wanted) =>
      reports.flatMap(({ activity, fraction }) => (activity === wanted && fraction !== null ? [fraction] : [])),
  };
}

function trainedModel(runId: string): TrainedModel {
  const { model, dataset, configuration, featureSpec, engine, ...run } = bench.store.get(runId);
  const { sha256, epoch } = bench.store.requireCheckpoint(runId, 'last');
  return {
    ...{ runId, model, dataset, configuration, engine, featureSpec: featureSpec! },
    data: { fingerprint: run.dataFingerprint, record: run.dataRecord, rows: run.rowCounts },
    checkpoint: { folder: bench.store.artifacts, sha256 },
    weights: { checkpoint: 'last', epoch },
  };
}

describe('jobs on a trained model', () => {
  it('evaluate equals the recorded results of each split', async () => {
    expect(classes.state).toBe('completed');
    expect(await bench.supervisor.jobs.evaluate(classes.id, 'best', 'test')).toEqual(classes.test);
    const validation = await bench.supervisor.jobs.evaluate(classes.id, 'last', 'validation');
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
    const samples = await bench.supervisor.jobs.samples(prices.id, 'test', 20, 0);
    expect(samples).toHaveLength(20);
    const predictions = await bench.supervisor.jobs.predict(
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
    const [unknown] = await bench.supervisor.jobs.predict(prices.id, 'last', [{ size: null, place: 'east' }]);
    expect(Number.isFinite(unknown!.predictions[0]!.value)).toBe(true);
    await expect(
      bench.supervisor.jobs.predict(prices.id, 'last', [{ size: 'big', place: 'north' }]),
    ).rejects.toMatchObject({
      code: 'dataset/bad-value',
    });
  });

  it('a second call reuses the worker process', async () => {
    const [sample] = await bench.supervisor.jobs.samples(classes.id, 'test', 1, 0);
    const predict = () => bench.supervisor.jobs.predict(classes.id, 'best', [sample!.row]);
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
    const none = await bench.supervisor.jobs.weightChanges(classes.id, 'initial');
    expect(none.map(({ name, relativeChange }) => [name, relativeChange])).toEqual([
      ['hidden/kernel', 0],
      ['hidden/bias', 0],
      ['classes/kernel', 0],
      ['classes/bias', 0],
    ]);
    for (const { maxAbsoluteChange } of await bench.supervisor.jobs.weightChanges(classes.id, 'last')) {
      expect(maxAbsoluteChange).toBeGreaterThan(0);
    }
  });

  it('export writes a SavedModel that predicts the same', async () => {
    const folder = join(bench.folder, 'export');
    const result = await bench.supervisor.jobs.export(classes.id, 'last', 'savedmodel', folder);
    expect(result.folder).toBe(folder);
    expect(result.files).toContain('saved_model.pb');
    for (const file of result.files) expect(existsSync(join(folder, file))).toBe(true);
    expect(result.compared).toBe(findTensorFlow() === null ? 'program' : 'files');
    expect(result.maxDifference).toBeLessThan(1e-5);
  });

  it('jobs report how far they are, as a growing fraction', async () => {
    const { fractionsOf, watch } = watched();
    await bench.supervisor.jobs.evaluate(classes.id, 'best', 'train', watch);
    const evaluated = fractionsOf('Evaluating train rows');
    expect(evaluated).toEqual(evaluated.toSorted((a, b) => a - b));
    expect([evaluated[0], evaluated.at(-1)]).toEqual([0, 1]);
    await bench.supervisor.jobs.predict(classes.id, 'best', [{ x: 0, y: 0 }], 1, watch);
    expect(fractionsOf('Predicting')).toEqual([1]);
    await bench.supervisor.jobs.weightChanges(classes.id, 'last', watch);
    expect(fractionsOf('Comparing weights').slice(1)).toEqual([0, 0.25, 0.5, 0.75]);
  });

  it('an aborted job ends between two batches and keeps the model', async () => {
    const jobs = new JobRunner();
    onTestFinished(() => jobs.close());
    const trained = trainedModel(classes.id);
    const evaluate = (context: Watch) =>
      jobs.handlers.evaluate({ trained, projectFolder: bench.folder, split: 'train' }, context);
    const stopped = watched('Evaluating train rows');
    await expect(evaluate(stopped.watch)).rejects.toMatchObject({ name: 'AbortError' });
    expect(stopped.fractionsOf('Evaluating train rows')).toEqual([0]);
    const again = watched();
    expect(await evaluate(again.watch)).toMatchObject({ rows: bench.store.get(classes.id).rowCounts?.train });
    expect(again.fractionsOf('Starting the engine')).toEqual([]);
  });

  it('an aborted export leaves no folder', async () => {
    const jobs = new JobRunner();
    onTestFinished(() => jobs.close());
    const parent = join(bench.folder, 'exports');
    const job = { trained: trainedModel(classes.id), projectFolder: bench.folder, format: 'savedmodel' as const };
    for (const activity of ['Starting the engine', 'Writing the model']) {
      const { watch } = watched(activity);
      const exported = jobs.handlers.export({ ...job, folder: join(parent, 'model') }, watch);
      await expect(exported).rejects.toMatchObject({ name: 'AbortError' });
      expect(existsSync(parent)).toBe(false);
    }
  });

  it('missing checkpoints and runs are rejected', async () => {
    const stopped = bench.supervisor.start(exampleRun({ engine: 'onnx', epochs: 1000 }));
    await bench.supervisor.command(stopped.id, { kind: 'stop', when: 'now' });
    await bench.supervisor.ended(stopped.id);
    await expect(bench.supervisor.jobs.predict(stopped.id, 'best', [{}])).rejects.toMatchObject({
      code: 'runs/no-checkpoint',
    });
    await expect(bench.supervisor.jobs.predict('nothing', 'best', [{}])).rejects.toMatchObject({
      code: 'runs/unknown',
    });
  });
});
