import { afterEach, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import { positionFrom } from '../../src-main/trainer/state/position.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { earlyStoppingSchema } from '../../src-shared/training/callbacks/early-stopping.ts';
import type { EarlyStopping } from '../../src-shared/training/callbacks/early-stopping.ts';
import { weightsForUse } from '../../src-shared/training/run/run-weights.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import { exampleRun, loadCheckpoint, moons, withLongTest } from '../runs/example-run.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';
import { testInCi } from '../support/portion.ts';

/** Runs that early stopping ends, and the metric that decides the best checkpoint. */

let bench: TrainingBench;
afterEach(() => bench.close());

/** After epoch 2 the learning rate is so high that every later epoch is worse. */
function spoiled(
  engine: EngineName,
  earlyStopping: Partial<EarlyStopping>,
  changes: Partial<NewRun['configuration']> = {},
): NewRun {
  return exampleRun({
    engine,
    epochs: 12,
    optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false },
    schedule: { kind: 'piecewise', unit: 'epoch', pieces: [{ after: 1, learningRate: 20 }] },
    earlyStopping: earlyStoppingSchema.parse(earlyStopping),
    ...changes,
  });
}

const resume = (id: string, epochs?: number): NewRun => {
  const continueFrom = { runId: id, checkpoint: 'last', mode: 'resume', settings: 'run', epochs } as const;
  return { ...planRun(bench.store, exampleRun(), { continueFrom }), versions: {} };
};

const withoutValidation = (run: NewRun): NewRun => ({
  ...run,
  dataset: { ...run.dataset, split: { ...run.dataset.split, train: 0.85, validation: 0 } },
});

describeEngines('early stopping', (engine) => {
  it('completes a run after `patience` epochs without improvement; its best weights are for use', async () => {
    bench = new TrainingBench();
    const run = await bench.train(spoiled(engine, { patience: 2 }));
    expect(run).toMatchObject({
      state: 'completed',
      error: null,
      endedBy: 'earlyStopping',
      epochs: 12,
      epochsDone: 4,
      bestEpoch: 2,
      bestBy: 'val_loss',
      lastCheckpoint: { epoch: 4 },
    });
    expect(weightsForUse(run)).toBe('best');
    expect(run.test).toMatchObject({ checkpoint: 'best', epoch: 2 });
    expect(await bench.supervisor.jobs.evaluate(run.id, 'best', 'test')).toEqual(run.test);

    // The same epochs, weights and slots as a run of four epochs.
    const four = await bench.train(spoiled(engine, {}, { epochs: 4, earlyStopping: undefined }));
    expect(four).toMatchObject({ endedBy: null, earlyStopping: null, bestBy: null });
    expect(learned(bench, run.id)).toEqual(learned(bench, four.id));
    expect(await bench.state(run.id)).toEqual(await bench.state(four.id));
    expect(await bench.state(run.id, 'best')).toEqual(await bench.state(four.id, 'best'));
    expect(run.test).toEqual(four.test);

    const repeated = await bench.train({ ...planRun(bench.store, exampleRun(), { repeat: run.id }), versions: {} });
    expect(repeated).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 4, test: run.test });
    expect(await bench.state(repeated.id)).toEqual(await bench.state(run.id));
  });

  testInCi('leaves the last weights for use where the best are not to be restored', async () => {
    bench = new TrainingBench();
    const run = await bench.train(spoiled(engine, { patience: 1, restoreBestWeights: false }));
    expect(run).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 3, bestEpoch: 2 });
    expect(weightsForUse(run)).toBe('last');
    expect(run.test).toMatchObject({ checkpoint: 'last', epoch: 3 });
    expect(await bench.supervisor.jobs.evaluate(run.id, 'last', 'test')).toEqual(run.test);
  });
});

it('a run that is stopped and resumed ends at the epoch and with the weights of one that never stopped', async () => {
  bench = new TrainingBench();
  const asked = { ...spoiled('onnx', { patience: 3 }, { batchSize: 2 }), dataset: moons(400) };
  const whole = await bench.train(asked);
  expect(whole).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 5, bestEpoch: 2 });
  for (const epoch of [2, 4]) {
    const { id } = bench.supervisor.start(asked);
    await bench.event((e) => {
      const there = e.name === 'run.epoch' && e.payload.runId === id && e.payload.record.epoch === epoch;
      if (there) bench.supervisor.kill(id);
      return there;
    });
    const killed = await bench.supervisor.ended(id);
    if (killed.state === 'completed') continue;
    const resumed = await bench.train(killed.lastCheckpoint === null ? asked : resume(id));
    expect(resumed).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 5, bestEpoch: 2, test: whole.test });
    expect(learned(bench, resumed.id)).toEqual(learned(bench, whole.id));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    expect(await bench.state(resumed.id, 'best')).toEqual(await bench.state(whole.id, 'best'));
  }
});

testInCi('resuming a run that was interrupted after its last epoch computes only the test result', async () => {
  bench = new TrainingBench();
  // Nothing after the first epoch counts as an improvement.
  const earlyStopping = earlyStoppingSchema.parse({ patience: 2, minDelta: 1e6 });
  const asked = withLongTest(exampleRun({ engine: 'onnx', epochs: 12, batchSize: 64, earlyStopping }));
  const { id } = bench.supervisor.start(asked);
  await bench.event((e) => {
    const there = e.name === 'run.progress' && e.payload.runId === id && e.payload.activity === 'Testing';
    if (there) bench.supervisor.kill(id);
    return there;
  });
  const killed = await bench.supervisor.ended(id);
  expect(killed).toMatchObject({ state: 'interrupted', endedBy: null, test: null });
  const resumed = await bench.train(resume(id));
  expect(resumed).toMatchObject({ state: 'completed', endedBy: 'earlyStopping', epochsDone: killed.epochsDone });
  expect(resumed.test).toMatchObject({ checkpoint: 'best', epoch: killed.bestEpoch });
});

testInCi('training a run on after early stopping resets the patience counter and keeps the best epoch', async () => {
  bench = new TrainingBench();
  const first = await bench.train(spoiled('onnx', { patience: 2 }));
  const { metadata } = await loadCheckpoint(bench.store, first.id, 'last');
  expect(positionFrom(metadata)!.callbacks.earlyStopping).toMatchObject({ wait: 2, stopped: true });
  // The first new epoch is the first of a new `fit`, so that at least two more follow.
  const longer = await bench.train(resume(first.id));
  expect(longer.epochsDone).toBeGreaterThanOrEqual(first.epochsDone + 3);
  expect(longer).toMatchObject({ state: 'completed', bestEpoch: 2, test: first.test });
  const again = await bench.train({ ...planRun(bench.store, exampleRun(), { repeat: longer.id }), versions: {} });
  expect(again).toMatchObject({ epochsDone: longer.epochsDone, endedBy: longer.endedBy });
  expect(await bench.state(again.id)).toEqual(await bench.state(longer.id));
});

testInCi('training a run on after its last epoch keeps the patience counter, as in one longer run', async () => {
  bench = new TrainingBench();
  const three = await bench.train(spoiled('onnx', { patience: 3 }, { epochs: 3 }));
  expect(three).toMatchObject({ endedBy: null, epochsDone: 3 });
  const longer = await bench.train(resume(three.id, 12));
  expect(longer).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 5 });
});

it('the best checkpoint follows the metric and direction of `best`, apart from early stopping', async () => {
  bench = new TrainingBench();
  // The worst epoch by loss.
  const run = await bench.train(spoiled('onnx', { patience: 2 }, { best: { monitor: 'val_loss', mode: 'max' } }));
  const { epochRecords } = bench.store.get(run.id);
  const worst = epochRecords.reduce((a, b) => (b.metrics['val_loss']! > a.metrics['val_loss']! ? b : a));
  expect(run).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 4, bestEpoch: worst.epoch });
  expect(run.test).toMatchObject({ checkpoint: 'best', epoch: worst.epoch });

  const byAccuracy = await bench.train(
    spoiled('onnx', {}, { epochs: 4, earlyStopping: undefined, best: { monitor: 'accuracy', mode: 'auto' } }),
  );
  const accuracies = bench.store.get(byAccuracy.id).epochRecords.map(({ metrics }) => metrics['accuracy']!);
  expect(byAccuracy).toMatchObject({ bestBy: 'accuracy', earlyStopping: null, endedBy: null });
  expect(byAccuracy.bestEpoch).toBe(accuracies.indexOf(Math.max(...accuracies)) + 1);
});

it('a metric that the run does not have is refused before training; those that it has are listed', async () => {
  bench = new TrainingBench();
  const unknown = await bench.train(spoiled('onnx', { monitor: 'val_f1_score' }));
  expect(unknown).toMatchObject({ state: 'failed', stepsDone: 0, error: { code: 'training/bad-monitor' } });
  expect(unknown.error!.message).toMatch(/^Early stopping /);
  for (const name of ['loss', 'accuracy', 'val_loss', 'val_accuracy']) expect(unknown.error!.message).toContain(name);
  const unvalidated = await bench.train(withoutValidation(spoiled('onnx', {})));
  expect(unvalidated).toMatchObject({ state: 'failed', error: { code: 'training/bad-monitor' } });
  const best = await bench.train(
    spoiled('onnx', {}, { earlyStopping: undefined, best: { monitor: 'val_mae', mode: 'auto' } }),
  );
  expect(best).toMatchObject({ state: 'failed', error: { code: 'training/bad-monitor' } });
  const formula = { name: 'own', formula: 'mean(abs(y_true - y_pred))' };
  const auto = await bench.train(spoiled('onnx', { monitor: 'val_own' }, { metrics: [formula] }));
  expect(auto).toMatchObject({ state: 'failed', error: { code: 'training/bad-monitor' } });
  const chosen = await bench.train(
    spoiled('onnx', { monitor: 'val_own', mode: 'min', patience: 1 }, { metrics: [formula] }),
  );
  expect(chosen).toMatchObject({ state: 'completed', endedBy: 'earlyStopping', bestBy: 'val_own' });
});

testInCi('without validation, early stopping by a training metric restores the best weights by it', async () => {
  bench = new TrainingBench();
  const run = await bench.train(withoutValidation(spoiled('onnx', { monitor: 'loss', patience: 1 })));
  expect(run).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 3, bestEpoch: 2 });
  expect(run.test).toMatchObject({ checkpoint: 'best', epoch: 2 });
});

it('a checkpoint of an older version, whose position has no callbacks, opens', () => {
  const position = {
    runId: 'run',
    epoch: 3,
    step: 30,
    batch: 0,
    batchSize: 16,
    sums: { rows: 0, sums: [] },
    epochMs: 0,
    best: { epoch: 2, value: 0.25 },
    metrics: { loss: 0.5 },
  };
  const plateau = { reductions: 1, best: 0.25, waited: 1, cooldown: 0 };
  const read = (fields: object) => positionFrom({ position: JSON.stringify(fields) })!.callbacks;
  expect(read({ ...position, plateau })).toMatchObject({
    bestEpoch: { epoch: 2, value: 0.25, monitor: null },
    plateau,
    earlyStopping: null,
  });
  expect(read({ ...position, best: null })).toMatchObject({ bestEpoch: null, plateau: { reductions: 0 } });
});
