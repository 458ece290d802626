import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { RequestedRun } from '../../src-main/core/training/plan-run.ts';
import { artifactPath } from '../../src-main/runs/artifacts.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { exampleRun } from '../runs/example-run.ts';
import { appError } from '../support/app-error.ts';
import { TrainingBench } from './training-bench.ts';

/** Weights that outlive the run that trained them. */

let bench: TrainingBench;
beforeEach(() => {
  bench = new TrainingBench();
});
afterEach(() => bench.close());

const run = (epochs: number): NewRun => exampleRun({ engine: 'onnx', epochs });

/** Trains a requested run of a project. */
const ask = (request: RequestedRun, project: NewRun) =>
  bench.train({ ...planRun(bench.store, project, request), versions: {} });

const kernel = async (runId: string, kind: 'initial' | 'last') => (await bench.state(runId, kind)).get('hidden/kernel');

it('a new run starts from the weights that its model names, also after their run is deleted', async () => {
  const first = await bench.train(run(1));
  const trained = await kernel(first.id, 'last');
  const weights = bench.store.keepWeights(first.id, 'last');
  bench.store.delete(first.id);
  const project = { ...run(1), model: { ...run(1).model, weights } };
  const next = await ask({}, project);
  expect(next).toMatchObject({ state: 'completed', continuedFrom: null });
  expect(bench.store.get(next.id)).toMatchObject({ start: { kind: 'weights', ...weights }, warnings: [] });
  expect(await kernel(next.id, 'initial')).toEqual(trained);

  const again = await ask({ repeat: next.id }, run(3));
  expect(bench.store.get(again.id).start).toEqual({ kind: 'weights', ...weights });
  expect(await bench.state(again.id)).toEqual(await bench.state(next.id));
});

it('a run that started from the weights of a deleted run is repeated bit for bit', async () => {
  const first = await bench.train(run(2));
  const from = { runId: first.id, checkpoint: 'best', mode: 'weights' } as const;
  const next = await ask({ continueFrom: from }, run(1));
  bench.store.delete(first.id);
  const again = await ask({ repeat: next.id }, run(3));
  expect(again.state).toBe('completed');
  expect(bench.store.get(again.id).start).toEqual({
    kind: 'run',
    ...from,
    artifact: bench.store.startArtifactOf(next.id),
  });
  expect(await bench.state(again.id)).toEqual(await bench.state(next.id));
  expect(bench.losses(again.id)).toEqual(bench.losses(next.id));
});

it('weights trained on other data warn, also after their run is deleted', async () => {
  const first = await bench.train(run(1));
  const weights = bench.store.keepWeights(first.id, 'last');
  bench.store.delete(first.id);
  const { dataset, model } = run(1);
  const columns = dataset.columns.map((column) => (column.name === 'x' ? { ...column, scaling: 'min-max' } : column));
  const project = { ...run(1), model: { ...model, weights }, dataset: { ...dataset, columns } } as NewRun;
  const next = await ask({}, project);
  expect(bench.store.get(next.id).warnings).toHaveLength(1);
});

it('a model whose weights do not exist is refused before a run is recorded', async () => {
  const first = await bench.train(run(1));
  const weights = bench.store.keepWeights(first.id, 'last');
  rmSync(artifactPath(bench.store.artifacts, weights.artifact));
  const project = { ...run(1), model: { ...run(1).model, weights } };
  expect(() => bench.supervisor.start({ ...planRun(bench.store, project, {}), versions: {} })).toThrow(
    appError('weights/missing'),
  );
  expect(bench.store.list()).toHaveLength(1);
});
