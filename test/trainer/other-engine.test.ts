import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src-main/runs/database.ts';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { RequestedRun } from '../../src-main/core/training/plan-run.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { exampleRun } from '../runs/example-run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrainingBench } from './training-bench.ts';

/** A run recorded with TensorFlow, which is not installed here. */

let bench: TrainingBench;
let run: RunSummary;
const before = { LAMINA_CACHE: process.env['LAMINA_CACHE'], LAMINA_TENSORFLOW: process.env['LAMINA_TENSORFLOW'] };
const insteadOf = { name: 'tensorflow', reason: expect.any(String) as string };

beforeAll(async () => {
  process.env['LAMINA_TENSORFLOW'] = join(temporaryFolder(), 'none');
  bench = new TrainingBench();
  run = await bench.train(exampleRun({ engine: 'onnx', epochs: 1 }));
  const database = openDatabase(bench.folder);
  database.prepare("UPDATE runs SET engine = 'tensorflow' WHERE id = ?").run(run.id);
  database.close();
});
afterAll(async () => {
  await bench.close();
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const ask = (request: RequestedRun, changes = {}): Promise<RunSummary> =>
  bench.train({ ...planRun(bench.store, exampleRun({ engine: 'onnx', epochs: 2 }), request, changes), versions: {} });
const continueFrom = { runId: '', checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 2 } as const;

it('evaluation, prediction and export report the engine used instead and why', async () => {
  expect(run.test!.engine).toEqual({ name: 'onnx' });
  const result = await bench.supervisor.jobs.evaluate(run.id, 'last', 'validation');
  expect(result.engine).toEqual({ name: 'onnx', insteadOf });
  const [row] = await bench.supervisor.jobs.predict(run.id, 'last', [{ x: 0, y: 0 }]);
  expect(row!.engine).toEqual({ name: 'onnx', insteadOf });
  const exported = await bench.supervisor.jobs.export(run.id, 'last', 'savedmodel', join(bench.folder, 'out'));
  expect(exported.engine).toEqual({ name: 'onnx', insteadOf });
});

it('an export is compared with the run by the interpreter if the network is small', async () => {
  const exported = await bench.supervisor.jobs.export(run.id, 'last', 'savedmodel', join(bench.folder, 'small'));
  expect(exported.compared).toBe('program');
  expect(exported.maxDifference).toBeGreaterThan(0);
  expect(exported.maxDifference).toBeLessThan(1e-5);
  const model = sequentialDocument([
    dense(1500, 'relu'),
    dense(1500, 'relu'),
    dense(2, 'softmax', { name: 'classes' }),
  ]);
  const large = await bench.train({ ...exampleRun({ engine: 'onnx', epochs: 1 }), model });
  const folder = join(bench.folder, 'large');
  expect(await bench.supervisor.jobs.export(large.id, 'last', 'savedmodel', folder)).toMatchObject({
    compared: null,
    maxDifference: null,
  });
});

it('repeating and resuming use the other engine, with a warning before the first step', async () => {
  for (const request of [{ repeat: run.id }, { continueFrom: { ...continueFrom, runId: run.id } }]) {
    const next = await ask(request);
    expect(next).toMatchObject({ state: 'completed', engine: 'onnx' });
    const { warnings } = bench.store.get(next.id);
    expect(warnings.filter((text) => text.includes('TensorFlow') && text.includes('ONNX Runtime'))).toHaveLength(1);
    const names = bench.events.flatMap((event) =>
      'runId' in event.payload && event.payload.runId === next.id ? [event.name] : [],
    );
    expect(names.indexOf('run.warning')).toBeLessThan(names.indexOf('run.epoch'));
    expect(names).toContain('run.warning');
  }
});

it('an explicitly chosen engine is not replaced', async () => {
  const failed = await ask({ continueFrom: { ...continueFrom, runId: run.id } }, { engine: 'tensorflow' });
  expect(failed.state).toBe('failed');
  expect(failed.error!.code).toMatch(/^engine\//);
});
