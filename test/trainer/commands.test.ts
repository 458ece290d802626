import { afterEach, describe, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { RecordedCommand, RunCommand } from '../../src-shared/training/commands/run-command.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

const endless = (configuration: Partial<NewRun['configuration']> = {}): NewRun => ({
  ...exampleRun({ engine: 'onnx', epochs: 100_000, batchSize: 8, ...configuration }),
  dataset: moons(400),
});

const plan = (request: Parameters<typeof planRun>[2]): NewRun => ({
  ...planRun(bench.store, exampleRun(), request),
  versions: {},
});

const reaches = (id: string, state: RunState): Promise<unknown> =>
  bench.event((e) => e.name === 'run.changed' && e.payload.summary.id === id && e.payload.summary.state === state);

/** Sends a command. @returns Its record, once it is applied. */
async function apply(id: string, command: RunCommand): Promise<RecordedCommand> {
  const seq = bench.store.nextCommand(id);
  await bench.supervisor.command(id, command);
  await bench.event((e) => e.name === 'run.command' && e.payload.runId === id && e.payload.recorded.seq === seq);
  return bench.store.get(id).commands.find((recorded) => recorded.seq === seq)!;
}

async function startEndless(run = endless(), epochs = 2): Promise<string> {
  const { id } = bench.supervisor.start(run);
  await bench.event((e) => e.name === 'run.epoch' && e.payload.runId === id && e.payload.record.epoch >= epochs);
  return id;
}

/** Trains an endless run, changes its rate twice, and its number of epochs so that it ends. */
async function trainWithCommands(run: NewRun): Promise<string> {
  const id = await startEndless(run);
  await apply(id, { kind: 'set', patch: { learningRate: 0.0003 } });
  const { step } = await apply(id, { kind: 'pause' });
  await apply(id, { kind: 'set', patch: { learningRate: 0.003 } });
  await apply(id, { kind: 'resume' });
  await bench.event((e) => e.name === 'run.progress' && e.payload.runId === id && e.payload.step > step + 20);
  const { epoch } = await apply(id, { kind: 'pause' });
  await apply(id, { kind: 'set', patch: { epochs: epoch + 3 } });
  await apply(id, { kind: 'resume' });
  expect(await bench.supervisor.ended(id)).toMatchObject({ state: 'completed', epochsDone: epoch + 3 });
  return id;
}

describe('a pause', () => {
  it('saves the state of its step and keeps the trainer until it is resumed', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    await bench.supervisor.command(id, { kind: 'pause' });
    expect(bench.store.summary(id).state).toBe('pausing');
    await reaches(id, 'paused');
    const { recorded } = bench.of('run.command').at(-1)!;
    const { stepsDone, lastCheckpoint } = bench.store.summary(id);
    expect(recorded).toMatchObject({ seq: 1, step: stepsDone, command: { kind: 'pause' } });
    expect(lastCheckpoint).toMatchObject({ step: stepsDone, epoch: recorded.epoch });
    await apply(id, { kind: 'resume' });
    expect(bench.store.summary(id).state).toBe('running');
    await bench.event((e) => e.name === 'run.progress' && e.payload.step > stepsDone);
  });
});

describeEngines('commands that change settings', (engine) => {
  it('give the same bits when the run is repeated', async () => {
    bench = new TrainingBench();
    const id = await trainWithCommands(endless({ engine }));
    const again = await bench.train(plan({ repeat: id }));
    expect(again).toMatchObject({ state: 'completed', epochs: bench.store.summary(id).epochs });
    expect(bench.losses(again.id)).toEqual(bench.losses(id));
    expect(learned(bench, again.id)).toEqual(learned(bench, id));
    expect(await bench.state(again.id)).toEqual(await bench.state(id));
  });
});
