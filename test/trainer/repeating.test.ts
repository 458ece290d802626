import Sqlite from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { RequestedRun } from '../../src-main/core/training/plan-run.ts';
import { databasePath } from '../../src-main/runs/database.ts';
import { defaultOptimizer } from '../../src-shared/training/configuration/optimizers.ts';
import { NUMERICS_VERSION } from '../../src-shared/training/run/numerics.ts';
import { scheduleSchema } from '../../src-shared/training/schedules/schedule.ts';
import { appError } from '../support/app-error.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';

/** Resumed and repeated runs. */

let bench: TrainingBench;
afterEach(() => bench.close());

/** Trains a requested run while the project has other documents. */
async function ask(request: RequestedRun, project = otherProject()) {
  return bench.train({ ...planRun(bench.store, project, request), versions: {} });
}

function otherProject() {
  return { ...exampleRun({ epochs: 1, seed: 99 }), model: sequentialDocument([dense(2, 'softmax')]) };
}

const scheduled = (engine: 'onnx' | 'tensorflow', epochs: number) =>
  exampleRun({
    engine,
    epochs,
    optimizer: defaultOptimizer('adam'),
    schedule: scheduleSchema.parse({ kind: 'exponential', unit: 'epoch', length: 2, decayRate: 0.5 }),
  });

describeEngines('an earlier run', (engine) => {
  it('is repeated bit for bit, with its steps per call, threads and engine', async () => {
    bench = new TrainingBench();
    const run = { ...exampleRun({ epochs: 2, batchSize: 8, engine }), dataset: moons(1200) };
    const one = await bench.train(run);
    const two = await ask({ repeat: one.id });
    expect(two).toMatchObject({ state: 'completed', name: 'run 1 again', engine, continuedFrom: null });
    expect(bench.store.executionOf(two.id)).toEqual(bench.store.executionOf(one.id));
    expect(bench.store.get(two.id)).toMatchObject({ model: run.model, dataset: run.dataset });
    expect(bench.losses(two.id)).toEqual(bench.losses(one.id));
    expect(learned(bench, two.id)).toEqual(learned(bench, one.id));
    expect(await bench.state(two.id)).toEqual(await bench.state(one.id));
    expect(await bench.state(two.id, 'best')).toEqual(await bench.state(one.id, 'best'));
    expect(two.test).toEqual(one.test);
  });

  it.runIf(engine === 'onnx')('is repeated bit for bit if it continued another run', async () => {
    bench = new TrainingBench();
    const first = await bench.train(scheduled(engine, 2));
    const from = { runId: first.id, checkpoint: 'best', mode: 'weights' } as const;
    const second = await bench.train({ ...scheduled(engine, 1), continueFrom: from });
    const again = await ask({ repeat: second.id, name: 'once more' });
    expect(again).toMatchObject({ name: 'once more', continuedFrom: first.id });
    expect(await bench.state(again.id)).toEqual(await bench.state(second.id));
    const resumed = await ask({
      continueFrom: { ...from, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 3 },
    });
    const twice = await ask({ repeat: resumed.id });
    expect(await bench.state(twice.id)).toEqual(await bench.state(resumed.id));
    expect(learned(bench, twice.id)).toEqual(learned(bench, resumed.id));
  });

  it.runIf(engine === 'onnx')(
    'resumes to a later epoch with its own settings, independent of the project',
    async () => {
      bench = new TrainingBench();
      const whole = await bench.train(scheduled(engine, 4));
      const half = await bench.train(scheduled(engine, 2));
      const rest = await ask({
        continueFrom: { runId: half.id, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 4 },
      });
      expect(rest).toMatchObject({ state: 'completed', epochs: 4, epochsDone: 4, continuedFrom: half.id });
      await expect(
        ask({ continueFrom: { runId: half.id, checkpoint: 'last', mode: 'resume', settings: 'run' } }),
      ).rejects.toMatchObject({ code: 'training/nothing-left' });
      expect(await bench.state(rest.id)).toEqual(await bench.state(whole.id));
      expect(learned(bench, rest.id)).toEqual(learned(bench, whole.id));
      const rates = bench.store.get(rest.id).epochRecords.map(({ metrics }) => metrics['learning_rate']);
      for (const [epoch, rate] of rates.entries()) expect(rate).toBeCloseTo(0.001 * 0.5 ** (epoch / 2), 12);
    },
  );

  it.runIf(engine === 'onnx')(
    'resumes with other settings: epochs and schedule continue, a new optimizer starts with initial slots',
    async () => {
      bench = new TrainingBench();
      const half = await bench.train(scheduled(engine, 2));
      const project = scheduled(engine, 3);
      project.configuration.optimizer = defaultOptimizer('sgd');
      const rest = await ask({ continueFrom: { runId: half.id, checkpoint: 'last', mode: 'resume' } }, project);
      expect(rest).toMatchObject({ state: 'completed', epochsDone: 3 });
      const records = bench.store.get(rest.id).epochRecords;
      expect(records.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      expect(records.map(({ metrics }) => metrics['learning_rate'])).toEqual([
        expect.closeTo(0.001, 12),
        expect.closeTo(0.001 * Math.SQRT1_2, 12),
        expect.closeTo(0.005, 12),
      ]);
      expect((await bench.state(rest.id)).get('optimizer/step')!.data[0]).toBe(rest.stepsDone);
    },
  );
});

it('a run without prepared data cannot be repeated', async () => {
  bench = new TrainingBench();
  const { id } = bench.store.createRun(exampleRun());
  bench.store.setState(id, 'failed');
  expect(() => planRun(bench.store, otherProject(), { repeat: id })).toThrow(appError('runs/not-started'));
  expect(() => planRun(bench.store, otherProject(), { repeat: 'run-9' })).toThrow(appError('runs/unknown'));
  const continueFrom = { runId: id, checkpoint: 'last', mode: 'resume' } as const;
  expect(() => planRun(bench.store, otherProject(), { continueFrom })).toThrow(appError('runs/no-checkpoint'));
});

it('a run killed during data preparation can be started again', async () => {
  bench = new TrainingBench();
  const { id } = bench.supervisor.start(exampleRun({ engine: 'onnx', epochs: 1 }));
  bench.supervisor.kill(id);
  const killed = await bench.supervisor.ended(id);
  expect(killed).toMatchObject({ state: 'interrupted', engine: null, lastCheckpoint: null });
  expect(await ask({ repeat: id })).toMatchObject({ state: 'completed', epochsDone: 1 });
});

it('the numerics version is recorded; resuming or repeating a run of another version warns', async () => {
  bench = new TrainingBench();
  const one = await bench.train(exampleRun({ engine: 'onnx', epochs: 1 }));
  expect(bench.store.get(one.id)).toMatchObject({ versions: { numerics: String(NUMERICS_VERSION) }, warnings: [] });
  const from = { runId: one.id, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 2 } as const;
  const warnings = async (request: RequestedRun) => bench.store.get((await ask(request)).id).warnings;

  changeVersions(one.id, { numerics: '0' });
  const differs = new RegExp(`numerics version 0\\b.*\\b${NUMERICS_VERSION}\\b`);
  for (const request of [{ repeat: one.id }, { continueFrom: from }]) {
    expect(await warnings(request)).toEqual([expect.stringMatching(differs)]);
  }
  changeVersions(one.id, { numerics: null });
  expect(await warnings({ repeat: one.id })).toEqual([]);
});

/** @param changes A version by name; null removes it. */
function changeVersions(runId: string, changes: Readonly<Record<string, string | null>>): void {
  const database = new Sqlite(databasePath(bench.folder));
  database
    .prepare('UPDATE runs SET versions = json_patch(versions, ?) WHERE id = ?')
    .run(JSON.stringify(changes), runId);
  database.close();
}
