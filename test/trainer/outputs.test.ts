import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { hasSharedData, sharedData } from '../data/support.ts';
import { exampleRun } from '../runs/example-run.ts';
import { documentOf } from '../support/output-fixtures.ts';
import type { NodeLine } from '../support/output-fixtures.ts';
import { TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
beforeAll(() => {
  bench = new TrainingBench();
});
afterAll(() => bench.close());

const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  role: 'feature',
  type: 'numeric',
  missing: 'median',
  scaling: 'standard',
  ...more,
});

interface Head {
  readonly units: number;
  readonly activation: string;
  readonly targets: readonly string[];
}

/** Wide columns connect directly to the main output, deep ones through layers that have an auxiliary output. */
function wideAndDeep(wide: readonly string[], deep: readonly string[], main: Head, auxiliary: Head): NodeLine[] {
  const node = (kind: string, name: string, inputs: string[], params: NodeLine['params'] = {}): NodeLine => {
    return { kind, name, inputs, params };
  };
  const head = ({ units, activation }: Head): NodeLine['params'] => ({ units, activation });
  return [
    node('Input', 'wide', [], { columns: [...wide] }),
    node('Input', 'deep', [], { columns: [...deep] }),
    node('Dense', 'hidden1', ['deep'], { units: 30, activation: 'relu' }),
    node('Dense', 'hidden2', ['hidden1'], { units: 30, activation: 'relu' }),
    node('Concatenate', 'joined', ['wide', 'hidden2']),
    node('Dense', 'main_head', ['joined'], head(main)),
    node('Output', 'main', ['main_head'], { targets: [...main.targets] }),
    node('Dense', 'auxiliary_head', ['hidden2'], head(auxiliary)),
    node('Output', 'auxiliary', ['auxiliary_head'], { targets: [...auxiliary.targets] }),
  ];
}

/** Flats with two numbers and a class as targets; every fifth row has weight 0 and wrong targets. */
function flatsRun(): NewRun {
  const lines = Array.from({ length: 300 }, (_, i) => {
    const size = 20 + ((i * 37) % 100);
    const floor = (i * 7) % 9;
    const wrong = i % 5 === 0;
    const price = wrong ? -100_000 : 1000 * size + 500 * floor;
    return [size, floor, 'nsw'[i % 3], price, 4 * size + floor, size > 90 ? 'yes' : 'no', wrong ? 0 : 1].join();
  });
  writeFileSync(join(bench.folder, 'flats.csv'), `size,floor,side,price,rent,large,trust\n${lines.join('\n')}\n`);
  const run = exampleRun({ engine: 'onnx', epochs: 25, batchSize: 16 });
  const target = { role: 'target', missing: 'drop-row' } as const;
  return {
    ...run,
    configuration: {
      ...run.configuration,
      optimizer: { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      outputs: { auxiliary: { lossWeight: 0.5, classWeights: 'balanced' } },
    },
    model: documentOf(
      wideAndDeep(
        ['size', 'side'],
        ['floor', 'size'],
        { units: 2, activation: 'linear', targets: ['rent', 'price'] },
        { units: 1, activation: 'sigmoid', targets: ['large'] },
      ),
    ),
    dataset: {
      ...run.dataset,
      name: 'flats',
      source: { kind: 'csv', path: 'flats.csv' },
      columns: [
        column('size'),
        column('floor'),
        column('side', { type: 'categorical', missing: 'category', scaling: 'none' }),
        column('price', { ...target, unit: 'USD' }),
        column('rent', { ...target, unit: 'USD/month' }),
        column('large', { ...target, type: 'categorical', scaling: 'none' }),
        column('trust', { role: 'weight', missing: 'drop-row', scaling: 'none' }),
      ],
    },
  };
}

describe('a run with several inputs and outputs', () => {
  let run: RunSummary;
  beforeAll(async () => {
    run = await bench.train(flatsRun());
  });

  it("reports metrics by Keras's keys and ignores rows of weight 0", () => {
    expect(run.state, run.error?.message).toBe('completed');
    const keys = ['loss', 'main_loss', 'auxiliary_loss', 'main_mae', 'auxiliary_accuracy'];
    expect(Object.keys(run.lastMetrics)).toEqual([...keys, ...keys.map((key) => `val_${key}`)]);
    const { val_loss, val_main_loss, val_auxiliary_loss } = run.lastMetrics;
    expect(val_loss).toBeCloseTo(val_main_loss! + 0.5 * val_auxiliary_loss!, 5);
    expect(val_main_loss).toBeLessThan(0.05);
    expect(run.lastMetrics['val_auxiliary_accuracy']).toBeGreaterThan(0.9);
  });

  it('measures each target with its metrics', async () => {
    const { test } = run;
    expect(test!.outputs).toMatchObject([
      { output: 'main', target: 'rent', unit: 'USD/month' },
      { output: 'main', target: 'price', unit: 'USD' },
      { output: 'auxiliary', target: 'large' },
    ]);
    expect(test!.outputs[2]!.confusion!.flat().reduce((a, b) => a + b)).toBe(test!.rows);
    expect(await bench.supervisor.jobs.evaluate(run.id, test!.checkpoint!, 'test')).toEqual(test);
    expect(bench.store.get(run.id).featureSpec).toMatchObject({
      targets: [{ name: 'price' }, { name: 'rent' }, { name: 'large', classes: ['no', 'yes'] }],
      weight: { name: 'trust' },
    });
  });

  it('predicts every target of a row', async () => {
    const samples = await bench.supervisor.jobs.samples(run.id, 'test', 3, 0);
    expect(Object.keys(samples[0]!.targets)).toEqual(['price', 'rent', 'large']);
    const [row] = await bench.supervisor.jobs.predict(run.id, 'last', [{ size: 60, floor: 4, side: 'n' }]);
    expect(row!.predictions).toMatchObject([
      { output: 'main', target: 'rent', unit: 'USD/month' },
      { output: 'main', target: 'price', unit: 'USD' },
      { output: 'auxiliary', target: 'large', value: 'no', classes: ['no', 'yes'] },
    ]);
    const [rent, price] = row!.predictions;
    expect(Math.abs(Number(rent!.value) - 244)).toBeLessThan(60);
    expect(Math.abs(Number(price!.value) - 62_000)).toBeLessThan(15_000);
  });

  it('exports one input for each Input and one output for each Output', async () => {
    const folder = join(bench.folder, 'exported');
    const { maxDifference } = await bench.supervisor.jobs.export(run.id, 'last', 'savedmodel', folder);
    expect(existsSync(join(folder, 'saved_model.pb'))).toBe(true);
    if (findTensorFlow() !== null) expect(maxDifference).toBeLessThan(1e-4);
    const sidecar: unknown = JSON.parse(readFileSync(join(folder, 'assets.extra', 'lamina.json'), 'utf8'));
    expect(sidecar).toMatchObject({
      inputs: [
        { name: 'wide', columns: ['size', 'side'] },
        { name: 'deep', columns: ['floor', 'size'] },
      ],
      outputs: [
        { name: 'main', targets: ['rent', 'price'] },
        { name: 'auxiliary', targets: ['large'] },
      ],
    });
  });
});

describe.skipIf(!hasSharedData)('California housing', () => {
  it('trains wide and deep with two inputs and two outputs', async () => {
    const run = exampleRun({ engine: 'onnx', epochs: 3, batchSize: 64 });
    const wide = ['longitude', 'latitude', 'housing_median_age', 'total_rooms', 'median_income'];
    const deep = ['housing_median_age', 'total_rooms', 'total_bedrooms', 'population', 'households', 'median_income'];
    const names = [...new Set([...wide, ...deep])];
    const main: Head = { units: 1, activation: 'linear', targets: ['median_house_value'] };
    const summary = await bench.train({
      ...run,
      configuration: {
        ...run.configuration,
        outputs: { main: { lossWeight: 0.9 }, auxiliary: { lossWeight: 0.1 } },
      },
      model: documentOf(wideAndDeep(wide, deep, main, main)),
      dataset: {
        ...run.dataset,
        name: 'housing',
        source: { kind: 'csv', path: join(sharedData, 'california-housing/housing.csv') },
        columns: [
          ...names.map((name) => column(name)),
          column('median_house_value', { role: 'target', missing: 'drop-row', unit: 'USD' }),
        ],
        split: { ...run.dataset.split, stratify: false },
      },
    });
    expect(summary.state, summary.error?.message).toBe('completed');
    const [price, again] = summary.test!.outputs;
    expect([price!.output, again!.output]).toEqual(['main', 'auxiliary']);
    expect(price!.rmseRelative).toBeLessThan(0.65);
    expect(price!.rmseOriginal).toBeLessThan(again!.rmseOriginal!);
  });
});
