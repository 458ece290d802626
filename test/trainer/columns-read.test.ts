import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsRead } from '../../src-shared/compiler/forward/columns-read.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { exampleRun } from '../runs/example-run.ts';
import { TrainingBench } from './training-bench.ts';

/** A model that reads two of four feature columns. */

let bench: TrainingBench;
let run: RunSummary;

beforeAll(async () => {
  bench = new TrainingBench();
  const lines = Array.from({ length: 80 }, (_, i) => `${i % 9},${'rgb'[i % 3]},${i % 7},${'xy'[i % 2]},${i % 5}`);
  writeFileSync(join(bench.folder, 'rows.csv'), `a,b,c,d,y\n${lines.join('\n')}\n`);
  const model = sequentialDocument([dense(3, 'relu'), dense(1, 'linear', { name: 'y' })]);
  const input = model.nodes.find(({ kind }) => kind === 'Input')!;
  input.params = { ...input.params, columns: ['d', 'c'] };
  const example = exampleRun({ engine: 'onnx', epochs: 1 });
  const number = { role: 'feature', type: 'numeric', missing: 'drop-row', scaling: 'standard' } as const;
  const category = { role: 'feature', type: 'categorical', missing: 'category', scaling: 'none' } as const;
  run = await bench.train({
    ...example,
    model,
    dataset: {
      ...example.dataset,
      source: { kind: 'csv', path: 'rows.csv' },
      columns: [
        { name: 'a', ...number },
        { name: 'b', ...category },
        { name: 'c', ...number },
        { name: 'd', ...category },
        { name: 'y', ...number, role: 'target' },
      ],
      split: { ...example.dataset.split, stratify: false },
    },
  });
});
afterAll(() => bench.close());

describe('unread columns', () => {
  it('are not needed to predict', async () => {
    const { model, featureSpec } = bench.store.get(run.id);
    expect([...columnsRead(model, featureSpec!)].toSorted()).toEqual(['c', 'd']);
    const rows = [
      { c: 3, d: 'x' },
      { c: 3, d: 'x', a: 'no number', b: 'unknown' },
      { c: 3, d: 'x', a: 5, b: 'r' },
    ];
    const predicted = await bench.supervisor.jobs.predict(run.id, 'last', rows);
    expect(predicted[1]).toEqual(predicted[0]);
    expect(predicted[2]).toEqual(predicted[0]);
    expect(predicted[0]!.warnings).toBeUndefined();
    await expect(bench.supervisor.jobs.predict(run.id, 'last', [{ a: 1, b: 'r', d: 'x' }])).rejects.toMatchObject({
      code: 'dataset/missing-value',
    });
  });

  it('are omitted from the features of an export', async () => {
    const folder = join(bench.folder, 'exported');
    const { maxDifference } = await bench.supervisor.jobs.export(run.id, 'last', 'savedmodel', folder);
    const { features, inputs } = JSON.parse(readFileSync(join(folder, 'assets.extra', 'lamina.json'), 'utf8')) as {
      features: FeatureSpec;
      inputs: { columns: string[] }[];
    };
    const spec = bench.store.get(run.id).featureSpec!;
    expect(inputs.map(({ columns }) => columns)).toEqual([['d', 'c']]);
    expect(features.columns).toEqual(spec.columns.filter(({ name }) => name === 'c' || name === 'd'));
    expect(features.inputShape).toEqual([3]);
    expect(features.statistics!.mean).toEqual(spec.statistics!.mean.slice(4));
    if (maxDifference !== null) expect(maxDifference).toBeLessThan(1e-5);
  });
});
