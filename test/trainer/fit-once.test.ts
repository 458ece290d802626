import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { RequestedRun } from '../../src-main/core/training/plan-run.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import type { RunRecord } from '../../src-shared/training/run/run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { exampleRun } from '../runs/example-run.ts';
import { TrainingBench } from './training-bench.ts';

/** A run whose file then gets other rows, on which every part of the spec would be fitted differently. */

let bench: TrainingBench;
let run: RunRecord;
const rows = [{ size: 1.25, colour: 'green' }, { size: null, colour: 'red' }, { size: 0.5 }];
let predicted: unknown;
let exported: string;

function write(line: (i: number) => string): void {
  writeFileSync(
    join(bench.folder, 'things.csv'),
    `size,colour,kind\n${Array.from({ length: 300 }, (_, i) => line(i)).join('\n')}\n`,
  );
}
const before = (i: number): string =>
  `${i % 10 === 0 ? '' : ((i * 37) % 300) / 100},${['red', 'green', 'blue'][i % 3]},${(i * 37) % 300 > 150 ? 'high' : 'low'}`;
const after = (i: number): string =>
  `${i % 3 === 0 ? '' : 4 + ((i * 37) % 300) / 10},${['', 'green', 'blue'][i % 3]},${(i * 37) % 300 > 250 ? 'high' : 'low'}`;

function thingsRun(epochs = 2): NewRun {
  const example = exampleRun({ engine: 'onnx', epochs, batchSize: 8, classWeights: 'balanced' });
  return {
    ...example,
    model: sequentialDocument([
      { kind: 'Normalization', params: {}, name: 'standardized' },
      dense(8, 'relu'),
      dense(2, 'softmax'),
    ]),
    dataset: {
      ...example.dataset,
      name: 'things',
      source: { kind: 'csv', path: 'things.csv' },
      columns: [
        { name: 'size', role: 'feature', type: 'numeric', missing: 'mean', scaling: 'min-max' },
        { name: 'colour', role: 'feature', type: 'categorical', missing: 'category', scaling: 'none' },
        { name: 'kind', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
      ],
    },
  };
}

const start = async (request: RequestedRun): Promise<RunRecord> => {
  const { id } = await bench.train({ ...planRun(bench.store, thingsRun(), request), versions: {} });
  const record = bench.store.get(id);
  expect(record.error).toBeNull();
  return record;
};

/** Predictions with the first weights, which the seed gives: they depend on the spec alone. */
const firstPredictions = (id: string): Promise<unknown> => bench.supervisor.jobs.predict(id, 'initial', rows);

const features = (folder: string): FeatureSpec =>
  (JSON.parse(readFileSync(join(folder, 'assets.extra', 'lamina.json'), 'utf8')) as { features: FeatureSpec }).features;

beforeAll(async () => {
  bench = new TrainingBench();
  write(before);
  run = bench.store.get((await bench.train(thingsRun())).id);
  predicted = await bench.supervisor.jobs.predict(run.id, 'last', rows);
  exported = join(bench.folder, 'before');
  await bench.supervisor.jobs.export(run.id, 'last', 'savedmodel', exported);
  write(after);
});
afterAll(() => bench.close());

describe('after the rows of the file have changed', () => {
  it('a new run fits another spec', async () => {
    const { id, featureSpec } = await start({});
    expect(await firstPredictions(id)).not.toEqual(await firstPredictions(run.id));
    expect(featureSpec!.columns[0]).not.toEqual(run.featureSpec!.columns[0]);
    expect(featureSpec!.columns[1]).not.toEqual(run.featureSpec!.columns[1]);
    expect(featureSpec!.statistics).not.toEqual(run.featureSpec!.statistics);
    expect(featureSpec!.targets).not.toEqual(run.featureSpec!.targets);
  });

  it.each<[string, () => RequestedRun]>([
    ['resuming', () => ({ continueFrom: { runId: run.id, checkpoint: 'last', mode: 'resume', epochs: 4 } })],
    [
      "resuming with the run's settings",
      () => ({ continueFrom: { runId: run.id, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 4 } }),
    ],
    ['repeating', () => ({ repeat: run.id })],
  ])('%s applies the recorded spec, also in Normalization layers', async (_, request) => {
    const next = await start(request());
    expect(next.featureSpec).toEqual(run.featureSpec);
    expect(await firstPredictions(next.id)).toEqual(await firstPredictions(run.id));
    const again = await start({ repeat: next.id });
    expect(again.featureSpec).toEqual(run.featureSpec);
    expect(await bench.state(again.id)).toEqual(await bench.state(next.id));
  });

  it('predictions, and what an export records, stay as they were', async () => {
    expect(await bench.supervisor.jobs.predict(run.id, 'last', rows)).toEqual(predicted);
    const folder = join(bench.folder, 'after');
    await bench.supervisor.jobs.export(run.id, 'last', 'savedmodel', folder);
    expect(features(folder)).toEqual(features(exported));
  });

  it('an evaluation encodes the new rows as recorded, and the old rows as before', async () => {
    const samples = await bench.supervisor.jobs.samples(run.id, 'test', 100, 0);
    const right = (
      await bench.supervisor.jobs.predict(
        run.id,
        'last',
        samples.map(({ row }) => row),
      )
    ).filter(({ predictions }, i) => predictions[0]!.value === samples[i]!.targets['kind']);
    const { metrics, dataChange } = await bench.supervisor.jobs.evaluate(run.id, 'last', 'test');
    expect(metrics['accuracy']).toBeCloseTo(right.length / samples.length, 6);
    expect(dataChange).toMatchObject({ split: { same: false } });
    write(before);
    expect(await bench.supervisor.jobs.evaluate(run.id, run.test!.checkpoint!, 'test')).toEqual(run.test);
    write(after);
  });
});
