import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import { chooseRun } from '../../src-main/shells/cli/options/choose-run.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { createRandom } from '../document/random-edits.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { exampleRun, moons, withLongTest } from '../runs/example-run.ts';
import { learned, TrainingBench } from './training-bench.ts';
import { testInCi } from '../support/portion.ts';

/** Runs whose trainer is killed at any moment, and their resumption. */

let bench: TrainingBench;
afterEach(() => bench.close());

function resume(id: string): NewRun {
  const continueFrom = { runId: id, checkpoint: 'last', mode: 'resume', settings: 'run' } as const;
  return { ...planRun(bench.store, exampleRun(), { continueFrom }), versions: {} };
}

/** Starts a run and kills its trainer at the first progress that `moment` accepts. */
async function killAt(
  run: NewRun,
  moment: (progress: { activity: string; step: number; epoch: number }) => boolean,
): Promise<RunSummary> {
  const { id } = bench.supervisor.start(run);
  await bench.event((e) => {
    const there = e.name === 'run.progress' && e.payload.runId === id && moment(e.payload);
    if (there) bench.supervisor.kill(id);
    return there;
  });
  return bench.supervisor.ended(id);
}

/** The recorded steps have no gaps, and the best weights are those of the best epoch. */
function expectWhole({ id, stepsDone, lastCheckpoint }: RunSummary): void {
  expect(bench.losses(id).map(([step]) => step)).toEqual(Array.from({ length: stepsDone }, (_, i) => i + 1));
  const { epochRecords } = bench.store.get(id);
  expect(epochRecords.map(({ epoch }) => epoch)).toEqual(epochRecords.map((_, i) => i + 1));
  if (lastCheckpoint === null) return;
  expect(epochRecords.length).toBeGreaterThanOrEqual(lastCheckpoint.epoch);
  expect(stepsDone).toBeGreaterThanOrEqual(lastCheckpoint.step);
  if (lastCheckpoint.epoch === 0) return;
  const value = (epoch: number) => epochRecords[epoch - 1]!.metrics['val_loss']!;
  const known = epochRecords.slice(0, lastCheckpoint.epoch).map(({ epoch }) => epoch);
  const best = known.reduce((best, epoch) => (value(epoch) < value(best) ? epoch : best));
  expect(bench.store.requireCheckpoint(id, 'best').epoch).toBe(best);
}

/** A model whose checkpoint takes measurable time to write: 48 MB with Adam's slots. */
const heavy = (epochs: number): NewRun => ({
  ...exampleRun({ engine: 'onnx', epochs, batchSize: 64 }),
  model: sequentialDocument([dense(2000, 'relu'), dense(2000, 'relu'), dense(2, 'softmax')]),
});

const longTest = (epochs: number): NewRun => withLongTest(exampleRun({ engine: 'onnx', epochs, batchSize: 64 }));

describe('a killed run', () => {
  it('before its first checkpoint is resumed from its start', async () => {
    bench = new TrainingBench();
    const whole = await bench.train(exampleRun({ engine: 'onnx', epochs: 3 }));
    const half = await bench.train(exampleRun({ engine: 'onnx', epochs: 2 }));
    const rest = { ...exampleRun({ engine: 'onnx', epochs: 3 }) };
    const continueFrom = { runId: half.id, checkpoint: 'last', mode: 'resume' } as const;
    const { id } = bench.supervisor.start({ ...rest, continueFrom });
    bench.supervisor.kill(id);
    const killed = await bench.supervisor.ended(id);
    expect(killed).toMatchObject({
      state: 'interrupted',
      bestEpoch: half.bestEpoch,
      error: { code: 'training/trainer-ended' },
    });
    expect(killed.lastCheckpoint).toEqual(half.lastCheckpoint);
    expectWhole(killed);
    expect((await bench.supervisor.jobs.evaluate(id, half.test!.checkpoint!, 'test')).metrics).toEqual(
      half.test!.metrics,
    );
    bench.store.delete(half.id);

    const resumed = await bench.train(resume(id));
    expect(resumed).toMatchObject({ state: 'completed', epochsDone: 3, bestEpoch: whole.bestEpoch });
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    expect(await bench.state(resumed.id, 'best')).toEqual(await bench.state(whole.id, 'best'));
    expect(resumed.test).toEqual(whole.test);
  });

  testInCi('between its last epoch and its final checkpoint is resumed from the previous checkpoint', async () => {
    bench = new TrainingBench();
    const begun = await bench.train(heavy(1));
    const continueFrom = { runId: begun.id, checkpoint: 'last', mode: 'resume' } as const;
    const killed = await killAt({ ...heavy(3), continueFrom }, ({ activity }) => activity === 'Saving');
    expect(killed).toMatchObject({ state: 'interrupted', epochsDone: 3 });
    expect(killed.lastCheckpoint!.epoch).toBeLessThan(3);
    // The trainer's temporary file is removed.
    await expect.poll(() => readdirSync(bench.store.artifacts).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await bench.train(resume(killed.id))).toMatchObject({ state: 'completed', epochsDone: 3 });
  });

  testInCi('between its final checkpoint and its test result is completed by the test', async () => {
    bench = new TrainingBench();
    const whole = await bench.train(longTest(2));
    const killed = await killAt(longTest(2), ({ activity }) => activity === 'Testing');
    expect(killed).toMatchObject({ state: 'interrupted', epochsDone: 2, test: null, lastCheckpoint: { epoch: 2 } });
    const resumed = await bench.train(resume(killed.id));
    expect(resumed).toMatchObject({ state: 'completed', epochsDone: 2, stepsDone: killed.stepsDone, test: whole.test });
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    expect(() => resume(resumed.id)).toThrow(expect.objectContaining({ code: 'training/nothing-left' }));
  });

  const SEED = 20_261_129;
  const KILLS = 8;
  testInCi(`${KILLS} times, resumed each time, ends like an uninterrupted run (seed ${SEED})`, async () => {
    bench = new TrainingBench();
    const run = { ...exampleRun({ engine: 'onnx', epochs: 40, batchSize: 4 }), dataset: moons(600) };
    const whole = await bench.train(run);
    const random = createRandom(SEED);
    let next: NewRun = run;
    for (let kill = 0; kill < KILLS; kill++) {
      const steps = Math.floor(random() * (whole.stepsDone / KILLS));
      const from =
        next.continueFrom === undefined ? 0 : bench.store.requireCheckpoint(next.continueFrom.runId, 'last').step;
      const ended = await killAt(next, ({ activity, step }) => activity !== 'Starting' && step >= from + steps);
      expectWhole(ended);
      if (ended.state === 'completed') break;
      expect(ended.error).toMatchObject({ code: 'training/trainer-ended' });
      next = ended.lastCheckpoint === null ? run : resume(ended.id);
    }
    const resumed = await bench.train(next);
    expect(resumed).toMatchObject({ state: 'completed', bestEpoch: whole.bestEpoch, test: whole.test });
    expectWhole(resumed);
    expect(learned(bench, resumed.id)).toEqual(learned(bench, whole.id));
    expect(bench.losses(resumed.id)).toEqual(bench.losses(whole.id));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    expect(await bench.state(resumed.id, 'best')).toEqual(await bench.state(whole.id, 'best'));
  });
});

it('a run stopped in its first epoch is the last one for chooseRun', async () => {
  bench = new TrainingBench();
  const run = { ...exampleRun({ engine: 'onnx', epochs: 2, batchSize: 1 }), dataset: moons(40_000) };
  const { id } = bench.supervisor.start(run);
  await bench.event((e) => e.name === 'run.progress' && e.payload.step > 0);
  await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
  const stopped = await bench.supervisor.ended(id);
  expect(stopped).toMatchObject({
    state: 'stopped',
    epochsDone: 0,
    lastCheckpoint: { epoch: 0, step: stopped.stepsDone },
  });
  expect(chooseRun(bench.store, 'last').id).toBe(id);
  const other = await bench.train(exampleRun({ engine: 'onnx', epochs: 1 }));
  expect(chooseRun(bench.store, 'best').id).toBe(other.id);
});
