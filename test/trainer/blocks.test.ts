import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { databasePath } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { exampleRun } from '../runs/example-run.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

const classes = layer('Dense', 'classes', { units: 2, activation: 'softmax' });

function blockRun(repeat: number, more: object = {}): NewRun {
  return {
    ...exampleRun({ engine: 'onnx', epochs: 2 }),
    model: chainModel([use('stack', 'stack', { repeat, units: 6 }, more), classes], [denseBlock]),
  };
}

it('a model with blocks is recorded, trained further with more copies and frozen ones, and exported', async () => {
  bench = new TrainingBench();
  const first = await bench.train(blockRun(2));
  expect(first).toMatchObject({ state: 'completed', epochsDone: 2 });
  expect(bench.store.get(first.id).model).toEqual(blockRun(2).model);
  const before = await bench.state(first.id);
  expect([...before.keys()]).toEqual(expect.arrayContaining(['stack/dense/kernel', 'stack/2/norm/moving_mean']));

  const second = await bench.train({
    ...blockRun(3, { frozenPaths: [[[1, 2]]] }),
    continueFrom: { runId: first.id, checkpoint: 'last', mode: 'weights' },
  });
  expect(second.state).toBe('completed');
  const messages = bench.store.logLines(second.id).map(({ message }) => message);
  expect(messages.filter((message) => message.includes('stack/3/dense, stack/3/norm'))).toHaveLength(1);
  const after = await bench.state(second.id);
  const changes = await bench.supervisor.jobs.weightChanges(second.id, 'last');
  expect(changes.length).toBe(3 * 6 + 2);
  for (const { name, frozen, maxAbsoluteChange } of changes) {
    const kept = /^stack\/(dense|norm|2\/)/.test(name);
    expect([name, frozen, maxAbsoluteChange === 0]).toEqual([name, kept, kept]);
    if (kept) expect(after.get(name)).toEqual(before.get(name));
  }

  if (findTensorFlow() === null) return;
  const exported = await bench.supervisor.jobs.export(second.id, 'last', 'savedmodel', join(bench.folder, 'exported'));
  expect(exported.maxDifference).toBeLessThan(1e-6);
});

it('a record of a version without blocks is read', async () => {
  bench = new TrainingBench();
  const run = exampleRun({ engine: 'onnx', epochs: 1 });
  const { id } = await bench.train(run);
  bench.store.close();
  const { blocks: _blocks, ...old } = run.model;
  const database = new Sqlite(databasePath(bench.folder));
  database.prepare('UPDATE runs SET model = ?').run(JSON.stringify({ ...old, version: 1 }));
  database.close();
  const store = RunStore.open(bench.folder);
  expect(store.get(id).model).toEqual(run.model);
  store.close();
});
