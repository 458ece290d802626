import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src-main/runs/database.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { exampleRun } from '../runs/example-run.ts';
import { TrainingBench } from './training-bench.ts';

/** A run whose data file is rewritten afterwards. */

let bench: TrainingBench;
let run: RunSummary;
const rows = Array.from({ length: 300 }, (_, i) => [((i * 37) % 300) / 100, ((i * 61) % 300) / 100] as const);
const kindOf = (x: number): string => (x > 1.5 ? 'high' : 'low');

function write(lines: readonly string[], header = 'x,y,kind'): void {
  writeFileSync(join(bench.folder, 'points.csv'), `${header}\n${lines.join('\n')}\n`);
}
const lines = rows.map(([x, y]) => `${x},${y},${kindOf(x)}`);

function pointsRun(epochs: number): NewRun {
  const example = exampleRun({ engine: 'onnx', epochs, batchSize: 8 });
  const [x, y, kind] = example.dataset.columns;
  return {
    ...example,
    model: sequentialDocument([dense(8, 'relu'), dense(2, 'softmax')]),
    dataset: {
      ...example.dataset,
      name: 'points',
      source: { kind: 'csv', path: 'points.csv' },
      columns: [x!, y!, { ...kind!, name: 'kind' }],
    },
  };
}

beforeAll(async () => {
  bench = new TrainingBench();
  write(lines);
  run = await bench.train(pointsRun(20));
});
afterAll(() => bench.close());

const evaluate = (split: 'train' | 'validation' | 'test' = 'test') =>
  bench.supervisor.jobs.evaluate(run.id, 'best', split);
const change = (split: 'train' | 'test' = 'test') => bench.supervisor.jobs.dataChange(run.id, split);

describe('evaluating a run', () => {
  it('on unchanged data reports no data change', async () => {
    expect(run.test!.metrics['accuracy']).toBeGreaterThan(0.9);
    expect(await evaluate()).toEqual(run.test);
    expect(await change()).toBeNull();
    const record = bench.store.get(run.id).dataRecord!;
    expect(record).toMatchObject({ columns: ['x', 'y', 'kind'], files: [{ name: 'points.csv' }] });
    expect(Object.values(record.splits)).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f]{64}$/)));
  });

  it('uses its recorded preparation, also after a run on other contents of the same file', async () => {
    // Other class names, other scale of the numbers.
    write(rows.map(([x, y]) => `${x * 1000},${y * 1000},${x > 1.5 ? 'a' : 'b'}`));
    const other = await bench.train(pointsRun(1));
    const onOther = await bench.supervisor.jobs.evaluate(other.id, 'best', 'test');
    expect(onOther).toEqual(other.test);
    write(lines);
    expect(await evaluate()).toEqual(run.test);
  });

  it('on the same rows with a new column reports the change and the equal split', async () => {
    write(
      lines.map((line) => `${line},1`),
      'x,y,kind,more',
    );
    const { dataChange, ...result } = await evaluate();
    expect(result).toEqual(run.test);
    expect(dataChange).toMatchObject({
      files: [{ name: 'points.csv', change: 'contents' }],
      columns: { added: ['more'], missing: [] },
      split: { name: 'test', same: true },
    });
    expect(dataChange!.rows!.now).toEqual(dataChange!.rows!.before);
  });

  it('on other rows reports the change and keeps the recorded result', async () => {
    write(lines.slice(0, 200));
    const result = await evaluate();
    expect(result.rows).toBe(30);
    expect(result.metrics['accuracy']).toBeGreaterThan(0.9);
    expect(result.dataChange).toMatchObject({
      files: [{ name: 'points.csv', change: 'contents', sizeBefore: expect.any(Number) }],
      rows: { before: { test: 45 }, now: { test: 30 } },
      split: { name: 'test', same: false },
    });
    expect(bench.store.summary(run.id).test).toEqual(run.test);
    expect(await change('train')).toMatchObject({ files: [{ change: 'contents' }], rows: null, split: null });
    const exported = await bench.supervisor.jobs.export(run.id, 'last', 'savedmodel', join(bench.folder, 'exported'));
    if (exported.maxDifference !== null) expect(exported.dataChange).toMatchObject({ split: { same: false } });
  });

  it('on an unknown class fails only for the split that contains it', async () => {
    write([...lines.slice(0, 299), '1,1,unheard']);
    const outcomes = await Promise.all(
      (['train', 'validation', 'test'] as const).map((split) =>
        evaluate(split).then(
          () => 'evaluated',
          ({ code }: { code: string }) => code,
        ),
      ),
    );
    expect(outcomes.toSorted()).toEqual(['dataset/label-out-of-range', 'evaluated', 'evaluated']);
  });

  it('of an older version reports the recorded parts', async () => {
    const database = openDatabase(bench.folder);
    database.prepare('UPDATE runs SET data_record = NULL WHERE id = ?').run(run.id);
    database.close();
    write(lines.slice(0, 200));
    expect((await evaluate()).dataChange).toMatchObject({
      files: null,
      columns: null,
      rows: { before: { test: 45 }, now: { test: 30 } },
      split: null,
    });
  });
});

it('resuming and repeating on changed data warns once', async () => {
  write(lines.slice(0, 250));
  const first = await bench.train(pointsRun(1));
  write(lines.slice(0, 200));
  for (const request of [
    { repeat: first.id },
    { continueFrom: { runId: first.id, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 2 } as const },
  ]) {
    const next = await bench.train({ ...planRun(bench.store, pointsRun(1), request), versions: {} });
    expect(bench.store.get(next.id).warnings.filter((text) => text.includes('points.csv'))).toHaveLength(1);
    expect(bench.of('run.warning').filter(({ runId }) => runId === next.id)).toHaveLength(1);
  }
});
