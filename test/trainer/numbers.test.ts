import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import { sequentialDocument } from '../support/documents.ts';
import { exampleRun } from '../runs/example-run.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

type Engine = 'onnx' | 'tensorflow';

/** Predicts y as x and does not learn. */
function identityRun(
  engine: Engine,
  rows: readonly (readonly [x: number, y: number])[],
  scaling: Column['scaling'],
): NewRun {
  writeFileSync(join(bench.folder, 'numbers.csv'), `x,y\n${rows.map((row) => row.join(',')).join('\n')}\n`);
  const run = exampleRun({ engine, epochs: 1, batchSize: 7, metrics: ['r2_score'] });
  const params = { units: 1, activation: 'linear', kernelInitializer: 'ones' };
  return {
    ...run,
    configuration: {
      ...run.configuration,
      optimizer: { kind: 'sgd', learningRate: 1e-30, momentum: 0, nesterov: false },
    },
    model: sequentialDocument([{ kind: 'Dense', name: 'y', params }]),
    dataset: {
      ...run.dataset,
      name: 'numbers',
      source: { kind: 'csv', path: 'numbers.csv' },
      columns: [
        { name: 'x', role: 'feature', type: 'numeric', missing: 'drop-row', scaling: 'none' },
        { name: 'y', role: 'target', type: 'numeric', missing: 'drop-row', scaling },
      ],
      split: { ...run.dataset.split, train: 0.5, validation: 0.25, test: 0.25, stratify: false },
    },
  };
}

const noise = (i: number): number => (((i * 7919) % 1000) / 1000 - 0.5) * 0.5;

describeEngines('R²', (engine) => {
  it('of targets far from 0 equals exact arithmetic', async () => {
    bench = new TrainingBench();
    const rows = Array.from({ length: 4000 }, (_, i) => {
      const y = 2000 + ((i * 37) % 200) / 100;
      return [y + noise(i), y] as const;
    });
    const run = await bench.train(identityRun(engine, rows, 'none'));
    const samples = [];
    for (let offset = 0; offset < 1000; offset += 200) {
      samples.push(...(await bench.supervisor.jobs.samples(run.id, 'test', 200, offset)));
    }
    const pairs = samples.map(({ row, targets }) => [Math.fround(Number(row['x'])), Math.fround(Number(targets['y']))]);
    const mean = pairs.reduce((sum, [, y]) => sum + y!, 0) / pairs.length;
    const error = pairs.reduce((sum, [x, y]) => sum + (y! - x!) ** 2, 0);
    const exact = 1 - error / pairs.reduce((sum, [, y]) => sum + (y! - mean) ** 2, 0);
    expect(exact).toBeGreaterThan(0.9);
    expect(run.test!.metrics['r2_score']).toBeCloseTo(exact, 4);
    expect(run.lastMetrics['r2_score']).toBeCloseTo(exact, 1);
    expect(run.lastMetrics['r2_score']).toBeLessThanOrEqual(1);
  });

  it.each(['none', 'standard', 'min-max'] as const)('of equal targets scaled by %s is 0', async (scaling) => {
    bench = new TrainingBench();
    const rows = Array.from({ length: 60 }, (_, i) => [i / 7, 1234.1] as const);
    const run = await bench.train(identityRun(engine, rows, scaling));
    expect(run.state).toBe('completed');
    expect(run.test!.metrics['r2_score']).toBe(0);
    expect(run.lastMetrics).toMatchObject({ r2_score: 0, val_r2_score: 0 });
    expect(run.test!.outputs[0]!.rmseRelative).toBeUndefined();
  });

  it.runIf(engine === 'onnx')('of one row is 0', async () => {
    bench = new TrainingBench();
    const rows = Array.from({ length: 40 }, (_, i) => [2000 + i, 2000 + i + noise(i)] as const);
    const run = identityRun(engine, rows, 'none');
    const split = { ...run.dataset.split, train: 0.95, validation: 0.025, test: 0.025 };
    const { test, lastMetrics } = await bench.train({ ...run, dataset: { ...run.dataset, split } });
    expect(test).toMatchObject({ rows: 1, metrics: { r2_score: 0 } });
    expect(lastMetrics['val_r2_score']).toBe(0);
  });
});
