import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import { exampleRun } from '../runs/example-run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
beforeAll(() => {
  bench = new TrainingBench();
  const lines = Array.from({ length: 240 }, (_, i) => {
    const size = (i * 37) % 100;
    const age = (i * 53) % 60;
    return [size, age, size > 50 ? 'yes' : 'no', age > 20 ? 1 : 0].join();
  });
  writeFileSync(join(bench.folder, 'flats.csv'), `size,age,garden,lift\n${lines.join('\n')}\n`);
});
afterAll(() => bench.close());

/** Flats with or without a garden and a lift. */
function labelsRun(engine: EngineName): NewRun {
  const run = exampleRun({ engine, epochs: 20, batchSize: 16 });
  const column = (name: string, more: Partial<Column> = {}): Column => {
    return { name, role: 'feature', type: 'numeric', missing: 'drop-row', scaling: 'standard', ...more };
  };
  const label = { role: 'target', type: 'categorical', scaling: 'none' } as const;
  const model = sequentialDocument([dense(16, 'relu'), dense(2, 'sigmoid')]);
  const nodes = model.nodes.map((node) =>
    node.kind === 'Output' ? { ...node, params: { targets: ['lift', 'garden'] } } : node,
  );
  return {
    ...run,
    model: { ...model, nodes },
    configuration: {
      ...run.configuration,
      optimizer: { kind: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    },
    dataset: {
      ...run.dataset,
      source: { kind: 'csv', path: 'flats.csv' },
      columns: [column('size'), column('age'), column('garden', label), column('lift', label)],
    },
  };
}

describeEngines('several labels of one Output', (engine) => {
  it('are trained, measured and predicted separately', async () => {
    const run = await bench.train(labelsRun(engine));
    expect(run.state, run.error?.message).toBe('completed');
    expect(Object.keys(run.lastMetrics)).toEqual(['loss', 'binary_accuracy', 'val_loss', 'val_binary_accuracy']);
    expect(run.lastMetrics['val_binary_accuracy']).toBeGreaterThan(0.9);
    const { outputs, rows } = run.test!;
    expect(outputs.map(({ target }) => target)).toEqual(['lift', 'garden']);
    for (const { confusion } of outputs) {
      expect(confusion!.flat().reduce((a, b) => a + b)).toBe(rows);
      expect(confusion![0]![0]! + confusion![1]![1]!).toBeGreaterThan(0.8 * rows);
    }
    const flats = [
      { size: 95, age: 2 },
      { size: 3, age: 58 },
      { size: 96, age: 55 },
    ];
    const predictions = await bench.supervisor.jobs.predict(run.id, 'last', flats);
    expect(predictions.map((row) => row.predictions.map(({ value }) => value))).toEqual([
      ['0', 'yes'],
      ['1', 'no'],
      ['1', 'yes'],
    ]);
  });
});
