import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src-main/runs/database.ts';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { RequestedRun } from '../../src-main/core/training/plan-run.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { exampleRun } from '../runs/example-run.ts';
import { TrainingBench } from './training-bench.ts';

/** A run whose recorded spec differs from a new fit: reversed classes, and another scale of x. */

let bench: TrainingBench;
let run: RunSummary;
let recorded: FeatureSpec;
let fitted: FeatureSpec;

beforeAll(async () => {
  bench = new TrainingBench();
  run = await bench.train(exampleRun({ engine: 'onnx', epochs: 6 }));
  fitted = bench.store.get(run.id).featureSpec!;
  recorded = structuredClone(fitted);
  const [x] = recorded.columns;
  const [target] = recorded.targets;
  if (x?.type !== 'numeric' || target?.kind !== 'classes') throw new Error('Expected a number and classes.');
  x.scale *= 4;
  x.offset += 0.25;
  target.classes.reverse();
  const database = openDatabase(bench.folder);
  database.prepare('UPDATE runs SET feature_spec = ? WHERE id = ?').run(JSON.stringify(recorded), run.id);
  database.close();
});
afterAll(() => bench.close());

const ask = async (request: RequestedRun): Promise<RunSummary> =>
  bench.train({ ...planRun(bench.store, exampleRun({ engine: 'onnx', epochs: 1 }), request), versions: {} });

/** Accuracy, counted from predictions of the split's rows. */
async function accuracyOfPredictions(): Promise<number> {
  const samples = await bench.supervisor.jobs.samples(run.id, 'test', 200, 0);
  const rows = samples.map((sample) => sample.row);
  const predicted = await bench.supervisor.jobs.predict(run.id, 'last', rows);
  const right = predicted.filter(({ predictions }, i) => predictions[0]!.value === samples[i]!.targets['class']);
  return right.length / samples.length;
}

describe('a recorded spec that differs from a new fit', () => {
  it('is used by evaluation and prediction', async () => {
    const result = await bench.supervisor.jobs.evaluate(run.id, 'last', 'test');
    expect(result.metrics['accuracy']).toBeCloseTo(await accuracyOfPredictions(), 6);
    // The classes are reversed, so correct predictions count as errors.
    expect(result.metrics['accuracy']).toBeLessThan(0.5);
    expect(run.test!.metrics['accuracy']).toBeGreaterThan(0.6);
  });

  it('is used and recorded by a resumed run', async () => {
    const continueFrom = { runId: run.id, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 7 } as const;
    const resumed = await ask({ continueFrom });
    expect(resumed.state).toBe('completed');
    expect(bench.store.get(resumed.id).featureSpec).toEqual(recorded);
    const records = bench.store.get(resumed.id).epochRecords;
    expect(records[6]!.metrics['loss']).toBeGreaterThan(1.1 * records[5]!.metrics['loss']!);
    const again = await ask({ repeat: resumed.id });
    expect(bench.store.get(again.id).featureSpec).toEqual(recorded);
    expect(await bench.state(again.id)).toEqual(await bench.state(resumed.id));
  });

  it('is used and recorded by a repeated run', async () => {
    const repeated = await ask({ repeat: run.id });
    expect(bench.store.get(repeated.id).featureSpec).toEqual(recorded);
    expect(await bench.state(repeated.id)).not.toEqual(await bench.state(run.id));
  });

  it('is used by an export', async () => {
    const folder = join(bench.folder, 'exported');
    const { maxDifference } = await bench.supervisor.jobs.export(run.id, 'last', 'savedmodel', folder);
    const { features } = JSON.parse(readFileSync(join(folder, 'assets.extra', 'lamina.json'), 'utf8')) as {
      features: FeatureSpec;
    };
    expect(features.columns).toEqual(recorded.columns);
    expect(features.targets).toEqual(recorded.targets);
    if (maxDifference !== null) expect(maxDifference).toBeLessThan(1e-5);
  });

  it('is not used by a new run from its weights, which warns about the difference', async () => {
    const next = await ask({ continueFrom: { runId: run.id, checkpoint: 'last', mode: 'weights' } });
    expect(bench.store.get(next.id).featureSpec).toEqual(fitted);
    const warnings = bench.store.logLines(next.id).filter(({ level }) => level === 'warning');
    expect(warnings.filter(({ message }) => message.includes("'x'") && message.includes("'class'"))).toHaveLength(1);
    const same = await ask({ continueFrom: { runId: next.id, checkpoint: 'last', mode: 'weights' } });
    expect(bench.store.logLines(same.id).filter(({ level }) => level === 'warning')).toEqual([]);
  });

  it.each([
    ['of a newer version', (text: string) => JSON.stringify({ ...(JSON.parse(text) as object), version: 99 })],
    ['that is damaged', (text: string) => text.slice(0, 20)],
  ])('%s is not replaced by a new fit', async (_, damage) => {
    const database = openDatabase(bench.folder);
    const set = database.prepare('UPDATE runs SET feature_spec = ? WHERE id = ?');
    const text = JSON.stringify(recorded);
    set.run(damage(text), run.id);
    const before = bench.store.list().length;
    const continueFrom = { runId: run.id, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 7 } as const;
    for (const request of [{ continueFrom }, { repeat: run.id }]) {
      await expect(ask(request)).rejects.toMatchObject({ code: 'runs/unreadable' });
    }
    await expect(bench.supervisor.jobs.evaluate(run.id, 'last', 'test')).rejects.toMatchObject({
      code: 'runs/unreadable',
    });
    expect(bench.store.list()).toHaveLength(before);
    set.run(text, run.id);
    database.close();
  });

  it('is rejected for a project with other columns', async () => {
    const project = exampleRun({ engine: 'onnx', epochs: 8 });
    const [x, ...others] = project.dataset.columns;
    const request = { continueFrom: { runId: run.id, checkpoint: 'last', mode: 'resume' } } as const;
    const lacking = { ...project.dataset, columns: [{ ...x!, role: 'ignored' as const }, ...others] };
    const failed = await bench.train({
      ...planRun(bench.store, { ...project, dataset: lacking }, request),
      versions: {},
    });
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'dataset/other-columns' } });
    const unscaled = { ...project.dataset, columns: [{ ...x!, scaling: 'none' as const }, ...others] };
    const resumed = await bench.train({
      ...planRun(bench.store, { ...project, dataset: unscaled }, request),
      versions: {},
    });
    expect(bench.store.get(resumed.id).featureSpec).toEqual(recorded);
    expect(bench.store.logLines(resumed.id).filter(({ level }) => level === 'warning').length).toBeGreaterThan(0);
  });
});
