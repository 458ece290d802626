import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { databasePath } from '../../src-main/runs/database.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import { defaultOptimizer } from '../../src-shared/training/configuration/optimizers.ts';
import { weightsForUse } from '../../src-shared/training/run/run-weights.ts';
import { exampleRun } from '../runs/example-run.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';
import { testInCi } from '../support/portion.ts';

/** Weights used for testing and prediction: the best validated ones. Training continues from the last ones. */

let bench: TrainingBench;
afterEach(() => bench.close());

/** After epoch 2 the learning rate is so high that every later epoch is worse. */
function spoiled(engine: EngineName, changes: Partial<NewRun['configuration']> = {}): NewRun {
  return exampleRun({
    engine,
    epochs: 4,
    optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false },
    schedule: { kind: 'piecewise', unit: 'epoch', pieces: [{ after: 1, learningRate: 20 }] },
    ...changes,
  });
}

describeEngines('the weights for use', (engine) => {
  it('are the best ones, and the test result names them; the last checkpoint has the last weights', async () => {
    bench = new TrainingBench();
    const run = await bench.train(spoiled(engine));
    expect([run.error, run.bestEpoch, run.bestCheckpointEpoch, run.lastCheckpoint?.epoch]).toEqual([null, 2, 2, 4]);
    expect(weightsForUse(run)).toBe('best');
    expect(run.test).toMatchObject({ checkpoint: 'best', epoch: 2 });
    const best = await bench.supervisor.jobs.evaluate(run.id, 'best', 'test');
    expect(best).toEqual(run.test);
    const last = await bench.supervisor.jobs.evaluate(run.id, 'last', 'test');
    expect(last).toMatchObject({ checkpoint: 'last', epoch: 4 });
    expect(last.metrics['loss']).toBeGreaterThan(best.metrics['loss']!);
    expect(bench.store.summary(run.id).test).toEqual(best);
    const validation = await bench.supervisor.jobs.evaluate(run.id, 'last', 'validation');
    expect(validation.metrics['loss']).toBeCloseTo(run.lastMetrics['val_loss']!, 4);

    const from = { runId: run.id, checkpoint: 'last', mode: 'resume' } as const;
    const resumed = await bench.train({ ...spoiled(engine, { epochs: 5 }), continueFrom: from });
    const whole = await bench.train(spoiled(engine, { epochs: 5 }));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    // The best epoch before resuming is still the best.
    expect(resumed.test).toMatchObject({ checkpoint: 'best', epoch: 2 });
    expect(resumed.test).toEqual(whole.test);
  });

  it('are the last ones without validation', async () => {
    bench = new TrainingBench();
    const run = spoiled(engine);
    const split = { ...run.dataset.split, train: 0.85, validation: 0 };
    const { id, test } = await bench.train({ ...run, dataset: { ...run.dataset, split } });
    expect(weightsForUse(bench.store.summary(id))).toBe('last');
    expect(test).toMatchObject({ checkpoint: 'last', epoch: 4 });
    expect(await bench.supervisor.jobs.evaluate(id, 'last', 'test')).toEqual(test);
  });

  testInCi('are the best ones as validated if the optimizer averages weights', async () => {
    bench = new TrainingBench();
    for (const validate of [true, false]) {
      const optimizer = { ...defaultOptimizer('sgd'), learningRate: 0.1, ema: { momentum: 0.5, validate } };
      const { id, test, bestEpoch } = await bench.train(spoiled(engine, { optimizer }));
      expect(test).toMatchObject({ checkpoint: 'best', epoch: bestEpoch });
      expect(await bench.supervisor.jobs.evaluate(id, 'best', 'test')).toEqual(test);
    }
  });
});

testInCi('a test result of the last weights from an older version is replaced by one of the best', async () => {
  bench = new TrainingBench();
  const { id, test } = await bench.train(spoiled('onnx'));
  const database = new Sqlite(databasePath(bench.folder));
  database.prepare("UPDATE runs SET test = json_remove(test, '$.checkpoint', '$.epoch')").run();
  database.close();
  expect(bench.store.summary(id).test!.checkpoint).toBeUndefined();
  await bench.supervisor.jobs.evaluate(id, 'last', 'test');
  expect(bench.store.summary(id).test!.checkpoint).toBeUndefined();
  await bench.supervisor.jobs.evaluate(id, 'best', 'test');
  expect(bench.store.summary(id).test).toEqual(test);
});

it('an export names its weights', async () => {
  bench = new TrainingBench();
  const { id } = await bench.train(spoiled('onnx'));
  const folder = join(bench.folder, 'exported');
  await bench.supervisor.jobs.export(id, 'best', 'savedmodel', folder);
  const described: unknown = JSON.parse(readFileSync(join(folder, 'assets.extra', 'lamina.json'), 'utf8'));
  expect(described).toMatchObject({ trained: { run: id, checkpoint: 'best', epoch: 2 } });
});
