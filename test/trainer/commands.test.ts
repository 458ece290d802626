import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { withFrozen } from '../../src-shared/training/commands/freezing.ts';
import type { RecordedCommand, RecordedSettings, RunCommand } from '../../src-shared/training/commands/run-command.ts';
import { earlyStoppingSchema } from '../../src-shared/training/callbacks/early-stopping.ts';
import { trainingConfigurationSchema } from '../../src-shared/training/configuration/configuration.ts';
import { defaultOptimizer } from '../../src-shared/training/configuration/optimizers.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { byPortion, portion, testInCi } from '../support/portion.ts';
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

const resume = (runId: string, epochs?: number): NewRun =>
  plan({ continueFrom: { runId, checkpoint: 'last', mode: 'resume', settings: 'run', epochs } });

const reaches = (id: string, state: RunState): Promise<unknown> =>
  bench.event((e) => e.name === 'run.changed' && e.payload.summary.id === id && e.payload.summary.state === state);

const passesStep = (id: string, step: number): Promise<unknown> =>
  bench.event((e) => e.name === 'run.progress' && e.payload.runId === id && e.payload.step > step);

const passesEpoch = (id: string, epoch: number): Promise<unknown> =>
  bench.event((e) => e.name === 'run.epoch' && e.payload.runId === id && e.payload.record.epoch >= epoch);

/** Sends a command. @returns Its record, once it is applied. */
async function apply(id: string, command: RunCommand): Promise<RecordedCommand> {
  const seq = bench.store.nextCommand(id);
  await bench.supervisor.command(id, command);
  await bench.event((e) => e.name === 'run.command' && e.payload.runId === id && e.payload.recorded.seq === seq);
  return bench.store.get(id).commands.find((recorded) => recorded.seq === seq)!;
}

async function startEndless(run = endless()): Promise<string> {
  const { id } = bench.supervisor.start(run);
  await passesEpoch(id, 2);
  return id;
}

/** Trains an endless run, changes its rate twice, and its number of epochs so that it ends. */
async function trainWithCommands(run: NewRun): Promise<string> {
  const id = await startEndless(run);
  await apply(id, { kind: 'set', patch: { learningRate: 0.0003 } });
  const { step } = await apply(id, { kind: 'pause' });
  await apply(id, { kind: 'set', patch: { learningRate: 0.003 } });
  await apply(id, { kind: 'resume' });
  await passesStep(id, step + 20);
  const { epoch } = await apply(id, { kind: 'pause' });
  await apply(id, { kind: 'set', patch: { epochs: epoch + 3 } });
  await apply(id, { kind: 'resume' });
  expect(await bench.supervisor.ended(id)).toMatchObject({ state: 'completed', epochsDone: epoch + 3 });
  return id;
}

/** The same losses, metrics, weights and settings at each step. */
async function expectSame(id: string, expected: string): Promise<void> {
  const settings = (run: string) =>
    bench.store.settingsOf(run).map(({ step, epoch, command }) => ({ step, epoch, command }));
  expect(bench.losses(id)).toEqual(bench.losses(expected));
  expect(learned(bench, id)).toEqual(learned(bench, expected));
  expect(await bench.state(id)).toEqual(await bench.state(expected));
  expect(await bench.state(id, 'best')).toEqual(await bench.state(expected, 'best'));
  expect(bench.store.summary(id).epochs).toBe(bench.store.summary(expected).epochs);
  const { start } = bench.store.get(id);
  if (start.kind === 'seed') expect(settings(id)).toEqual(settings(expected));
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
    await passesStep(id, stepsDone);
  });

  it.skipIf(process.platform !== 'linux' || portion === 'quick')('uses no processor time', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    await apply(id, { kind: 'pause' });
    const ticks = (): number => {
      const stat = readFileSync(`/proc/${bench.supervisor.trainerPid(id)}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(fields[11]) + Number(fields[12]);
    };
    await delay(500);
    const before = ticks();
    await delay(1000);
    // A busy trainer uses about 100 ticks.
    expect(ticks() - before).toBeLessThan(20);
  });

  testInCi('that is taken back, or repeated after a resume, ends in the last state that was asked for', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    await bench.supervisor.command(id, { kind: 'pause' });
    await bench.supervisor.command(id, { kind: 'resume' });
    expect(bench.store.summary(id).state).toBe('running');
    await bench.event((e) => e.name === 'run.command' && e.payload.recorded.command.kind === 'resume');
    await apply(id, { kind: 'checkpoint' });
    expect(bench.store.summary(id).state).toBe('running');
    await apply(id, { kind: 'pause' });
    expect(bench.store.summary(id).state).toBe('paused');
    const kinds = bench.store.get(id).commands.map(({ command }) => command.kind);
    expect(kinds).toEqual(['pause', 'resume', 'checkpoint', 'pause']);
  });

  it('during the preparation takes effect before the first step', async () => {
    bench = new TrainingBench();
    const { id } = bench.supervisor.start(endless());
    await bench.supervisor.command(id, { kind: 'pause' });
    await reaches(id, 'paused');
    expect(bench.store.summary(id).stepsDone).toBe(0);
    await apply(id, { kind: 'resume' });
    await passesEpoch(id, 1);
  });

  testInCi(
    'of a run whose trainer is killed leaves it interrupted, to be resumed from the step of the pause',
    async () => {
      bench = new TrainingBench();
      const id = await startEndless();
      const { step } = await apply(id, { kind: 'pause' });
      bench.supervisor.kill(id);
      expect(await bench.supervisor.ended(id)).toMatchObject({ state: 'interrupted', lastCheckpoint: { step } });
    },
  );
});

it('layers that are frozen during a pause inside an accumulation wait, and the progress says it', async () => {
  bench = new TrainingBench();
  // More steps than the test trains: gradients are accumulated after each.
  const gradientAccumulationSteps = 1_000_000;
  const id = await startEndless(endless({ optimizer: { ...defaultOptimizer('sgd'), gradientAccumulationSteps } }));
  const { step } = await apply(id, { kind: 'pause' });
  await reaches(id, 'paused');
  await bench.supervisor.command(id, { kind: 'set', patch: { frozen: [{ layer: 'hidden', frozen: true }] } });
  const left = (gradientAccumulationSteps - step).toLocaleString('en');
  await bench.event((e) => e.name === 'run.progress' && e.payload.activity.includes(left));
  expect(bench.of('run.progress').at(-1)!.step).toBe(step);
  // Training has not continued for it.
  await bench.supervisor.command(id, { kind: 'set', patch: { learningRate: 0.002 } });
  await bench.event((e) => e.name === 'run.command' && e.payload.recorded.command.kind === 'set');
  expect(bench.of('run.command').at(-1)!.recorded).toMatchObject({ seq: 3, step });
  expect(bench.store.summary(id)).toMatchObject({ state: 'paused', stepsDone: step });
  await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
  expect(await bench.supervisor.ended(id)).toMatchObject({ state: 'stopped', stepsDone: step });
  expect(bench.of('run.refused')).toHaveLength(1);
});

describe('a stop', () => {
  it('at once saves the state of its step, also of a paused run', async () => {
    bench = new TrainingBench();
    for (const pauses of [false, true]) {
      const id = await startEndless();
      if (pauses) await apply(id, { kind: 'pause' });
      await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
      const { stepsDone } = await bench.supervisor.ended(id);
      const { state, lastCheckpoint, commands } = bench.store.get(id);
      expect({ state, step: lastCheckpoint!.step }).toEqual({ state: 'stopped', step: stepsDone });
      expect(commands.at(-1)).toMatchObject({ step: stepsDone, command: { kind: 'stop', when: 'now' } });
    }
  });

  it('after the epoch ends with the epoch; one at once ends such a run earlier', async () => {
    bench = new TrainingBench();
    const first = await startEndless();
    await apply(first, { kind: 'pause' });
    const { epoch } = await apply(first, { kind: 'stop', when: 'epoch' });
    const ended = await bench.supervisor.ended(first);
    expect(ended).toMatchObject({ state: 'stopped', lastCheckpoint: { batch: 0, step: ended.stepsDone } });
    expect([epoch, epoch + 1]).toContain(ended.epochsDone);

    const { id: second } = bench.supervisor.start({ ...endless({ batchSize: 1 }), dataset: moons(40_000) });
    await passesStep(second, 1);
    await apply(second, { kind: 'stop', when: 'epoch' });
    expect(bench.store.summary(second).state).toBe('stopping');
    await bench.supervisor.command(second, { kind: 'stop', when: 'epoch' });
    await bench.supervisor.command(second, { kind: 'stop', when: 'now' });
    expect(await bench.supervisor.ended(second)).toMatchObject({ state: 'stopped' });
    expect(bench.store.get(second).commands.map(({ command }) => command)).toEqual([
      { kind: 'stop', when: 'epoch' },
      { kind: 'stop', when: 'now' },
    ]);
  });
});

describe('a command that is not possible', () => {
  it('is refused with the state and what is possible', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    await expect(bench.supervisor.command(id, { kind: 'resume' })).rejects.toMatchObject({
      code: 'training/not-possible',
      details: { state: 'running', possible: ['pause', 'stop', 'set', 'checkpoint'] },
    });
    const patience = bench.supervisor.command(id, { kind: 'set', patch: { patience: 3 } });
    await expect(patience).rejects.toMatchObject({ code: 'training/cannot-set', details: { setting: 'patience' } });
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    await bench.supervisor.ended(id);
    await expect(bench.supervisor.command(id, { kind: 'pause' })).rejects.toMatchObject({
      code: 'training/not-active',
    });
  });

  it.each([
    { kind: 'piecewise', pieces: [{ after: 1, learningRate: 0.002 }] },
    { kind: 'formula', formula: '0.002' },
  ])('is a learning rate that the schedule does not use: $kind', async (values) => {
    bench = new TrainingBench();
    const schedule = trainingConfigurationSchema.shape.schedule.parse(values);
    const id = await startEndless(endless({ schedule }));
    await bench.supervisor.command(id, { kind: 'set', patch: { learningRate: 0.5 } });
    await bench.event((e) => e.name === 'run.refused' && e.payload.runId === id);
    expect(bench.store.get(id).commands).toEqual([]);
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    await bench.supervisor.ended(id);
  });

  it('at its step is a warning; nothing changes and nothing is recorded', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    await bench.supervisor.command(id, { kind: 'set', patch: { epochs: 1, learningRate: 0.5 } });
    await bench.event((e) => e.name === 'run.refused' && e.payload.runId === id);
    // The warning names what was refused: it is also read later, among the run's other warnings.
    const warnings = [expect.stringMatching(/learning rate.*epochs.*received 1\b/)];
    expect(bench.store.get(id)).toMatchObject({ epochs: 100_000, commands: [], warnings });
  });
});

it('a setting that arrives after the last step is refused with a warning', async () => {
  bench = new TrainingBench();
  const patch = { epochs: 9 };
  let isSent = false;
  bench.onEvent = (event) => {
    if (isSent || event.name !== 'run.changed' || event.payload.summary.test === null) return;
    isSent = true;
    void bench.supervisor.command(event.payload.summary.id, { kind: 'set', patch });
  };
  const { id } = await bench.train(exampleRun({ engine: 'onnx', epochs: 1 }));
  expect(bench.of('run.refused')).toEqual([{ runId: id, command: { kind: 'set', patch } }]);
  expect(bench.store.get(id)).toMatchObject({ epochs: 1, commands: [], warnings: [expect.any(String)] });
});

testInCi('a smaller patience ends a run early, and its repetition at the same epoch', async () => {
  bench = new TrainingBench();
  // No epoch improves by so much, so that the first one stays the best.
  const earlyStopping = earlyStoppingSchema.parse({ patience: 90_000, minDelta: 100 });
  const id = await startEndless(endless({ earlyStopping }));
  const { epoch } = await apply(id, { kind: 'pause' });
  await apply(id, { kind: 'set', patch: { patience: epoch + 3 } });
  expect(bench.store.summary(id).earlyStopping).toEqual({ ...earlyStopping, patience: epoch + 3 });
  await apply(id, { kind: 'resume' });
  const ended = await bench.supervisor.ended(id);
  expect(ended).toMatchObject({ state: 'completed', endedBy: 'earlyStopping', epochsDone: epoch + 4 });
  const again = await bench.train(plan({ repeat: id }));
  expect(again).toMatchObject({ endedBy: 'earlyStopping', epochsDone: epoch + 4, test: ended.test });
});

const schedule = trainingConfigurationSchema.shape.schedule.parse({ kind: 'oneCycle', momentum: {} });

describeEngines('commands that change settings', (engine) => {
  testInCi('give the same bits when the run is repeated, and when a repetition is killed and resumed', async () => {
    bench = new TrainingBench();
    const id = await trainWithCommands(endless({ engine, schedule }));
    const again = await bench.train(plan({ repeat: id }));
    expect(again).toMatchObject({ state: 'completed' });
    await expectSame(again.id, id);

    // Before and after the first commands.
    const steps = bench.store.settingsOf(id).map(({ step }) => step);
    for (const step of [steps[0]! - 10, steps.at(-1)!]) {
      const { id: killed } = bench.supervisor.start(plan({ repeat: id }));
      await bench.event((e) => {
        const there = e.name === 'run.progress' && e.payload.runId === killed && e.payload.step >= step;
        if (there) bench.supervisor.kill(killed);
        return there;
      });
      const { state, lastCheckpoint } = await bench.supervisor.ended(killed);
      // It may have no checkpoint yet, or have ended before the signal.
      if (state !== 'interrupted' || lastCheckpoint === null) continue;
      const resumed = await bench.train(resume(killed));
      await expectSame(resumed.id, id);
      await expectSame((await bench.train(plan({ repeat: resumed.id }))).id, id);
    }
  });
});

testInCi('a run that is resumed to another epoch keeps its other settings', async () => {
  bench = new TrainingBench();
  const id = await startEndless();
  await apply(id, { kind: 'set', patch: { learningRate: 0.0002, epochs: 90_000 } });
  await apply(id, { kind: 'stop', when: 'now' });
  const { lastCheckpoint, epochs } = await bench.supervisor.ended(id);
  expect(epochs).toBe(90_000);
  const last = lastCheckpoint!.epoch + 2;
  const resumed = await bench.train(resume(id, last));
  expect(resumed).toMatchObject({ state: 'completed', epochs: last, epochsDone: last });
  const [before, after] = [bench.store.get(id), bench.store.get(resumed.id)];
  expect(after.commands.slice(0, 1)).toMatchObject([{ seq: 1, command: { patch: { learningRate: 0.0002 } } }]);
  const rates = [
    after.configuration.optimizer.learningRate,
    ...bench.store.settingsOf(resumed.id).map(({ command }) => command.patch.learningRate),
  ];
  expect(rates).toContain(0.0002);
  expect(before.configuration.epochs).toBe(100_000);
});

it('a setting that a resume asks for is not replaced by a recorded one, also if its value is the same', async () => {
  bench = new TrainingBench();
  const id = await startEndless();
  await apply(id, { kind: 'pause' });
  await apply(id, { kind: 'set', patch: { learningRate: 0.0002 } });
  await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
  await bench.supervisor.ended(id);
  const value = bench.store.get(id).configuration.optimizer.learningRate;
  const continueFrom = { runId: id, checkpoint: 'last', mode: 'resume', settings: 'run' } as const;
  const planned = (settings: Parameters<typeof planRun>[4]) =>
    planRun(bench.store, exampleRun(), { continueFrom }, {}, settings).commands;
  expect(planned([])).toMatchObject([{ command: { patch: { learningRate: 0.0002 } } }]);
  expect(planned([{ path: 'optimizer.learningRate', value }])).toEqual([]);
});

/** Trains an endless run, freezes a layer, changes the rate, unfreezes it, and ends the run. */
async function trainWithFreezing(run: NewRun): Promise<string> {
  const id = await startEndless(run);
  const { step, epoch } = await apply(id, {
    kind: 'set',
    patch: { frozen: [{ layer: 'hidden', frozen: true }], learningRate: 0.0003 },
  });
  await bench.event((e) => e.name === 'run.progress' && e.payload.runId === id && e.payload.step > step + 30);
  await bench.event((e) => e.name === 'run.epoch' && e.payload.runId === id && e.payload.record.epoch > epoch + 1);
  await apply(id, { kind: 'checkpoint' });
  await apply(id, { kind: 'set', patch: { frozen: [{ layer: 'hidden', frozen: false }] } });
  const last = await apply(id, { kind: 'pause' });
  await apply(id, { kind: 'set', patch: { epochs: last.epoch + 3 } });
  await apply(id, { kind: 'resume' });
  expect(await bench.supervisor.ended(id)).toMatchObject({ state: 'completed', epochsDone: last.epoch + 3 });
  return id;
}

describeEngines('layers that are frozen and unfrozen while a run trains', (engine) => {
  const optimizer = { ...defaultOptimizer('adam'), learningRate: 0.003, gradientAccumulationSteps: 3 };

  it('give the same bits when the run is repeated', async () => {
    bench = new TrainingBench();
    const id = await trainWithFreezing(endless({ engine, optimizer }));
    const { commands } = bench.store.get(id);
    const frozen = commands.filter(({ command }) => command.kind === 'set' && command.patch.frozen !== undefined);
    expect(frozen).toHaveLength(2);
    // Where no gradients are accumulated.
    expect(frozen.map(({ step }) => step % 3)).toEqual([0, 0]);
    const again = await bench.train(plan({ repeat: id }));
    expect(bench.losses(again.id)).toEqual(bench.losses(id));
    expect(learned(bench, again.id)).toEqual(learned(bench, id));
    expect(await bench.state(again.id)).toEqual(await bench.state(id));
    expect(again.test).toEqual(bench.store.summary(id).test);
  });

  const blocks = chainModel(
    [
      use('stack', 'stack', { repeat: 2, units: 6 }),
      use('stack', 'tower', { units: 6 }),
      layer('Dense', 'classes', { units: 2, activation: 'softmax' }),
    ],
    [denseBlock],
  );
  const ofLayersAndBlocks = [
    { what: 'layers', model: exampleRun().model, parts: [{ layer: 'hidden' }], layers: 'hidden' },
    {
      what: 'parts of blocks',
      model: blocks,
      parts: [{ layer: 'stack/2' }, { layer: 'norm', block: 'stack' }],
      layers: 'stack/2/dense|stack/2/norm|stack/norm|tower/norm',
    },
  ];
  const tested = byPortion({ quick: ofLayersAndBlocks.slice(0, 1), ci: ofLayersAndBlocks, soak: ofLayersAndBlocks });
  it.runIf(engine === 'onnx').each(tested)(
    'keep their weights, and are resumed frozen: $what',
    async ({ model, parts, layers }) => {
      bench = new TrainingBench();
      const id = await startEndless({ ...endless({ engine, optimizer }), model });
      const frozen = parts.map((part) => ({ ...part, frozen: true }));
      await apply(id, { kind: 'set', patch: { frozen } });
      await apply(id, { kind: 'checkpoint' });
      const before = await bench.state(id);
      const reached = bench.store.summary(id).epochsDone;
      await bench.event(
        (e) => e.name === 'run.epoch' && e.payload.runId === id && e.payload.record.epoch > reached + 2,
      );
      await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
      const { epochsDone: epochs } = await bench.supervisor.ended(id);
      const stopped = await bench.state(id);
      const kept = new RegExp(`^(optimizer/)?(${layers})/`);
      const ofFrozen = (state: typeof before) => [...state].filter(([name]) => kept.test(name)).sort();
      expect(ofFrozen(before).length).toBeGreaterThan(6);
      expect(ofFrozen(stopped)).toEqual(ofFrozen(before));

      const continueFrom = {
        runId: id,
        checkpoint: 'last',
        mode: 'resume',
        settings: 'run',
        epochs: epochs + 2,
      } as const;
      const resumed = await bench.train(plan({ continueFrom }));
      expect(resumed).toMatchObject({ state: 'completed', epochsDone: epochs + 2 });
      expect(bench.store.get(resumed.id).model).toEqual(withFrozen(model, frozen));
      const after = await bench.state(resumed.id);
      expect(ofFrozen(after)).toEqual(ofFrozen(before));
      expect(after.get('classes/kernel')).not.toEqual(stopped.get('classes/kernel'));
      // The whole training, without the stop.
      const repeated = plan({ repeat: id });
      const whole = await bench.train({
        ...repeated,
        configuration: { ...repeated.configuration, epochs: epochs + 2 },
      });
      expect(await bench.state(whole.id)).toEqual(after);
    },
  );

  it.runIf(engine === 'onnx' && portion !== 'quick')(
    'are refused if newer changes left no other layer to train',
    async () => {
      bench = new TrainingBench();
      // As of a run that was resumed before step 120, with `hidden` frozen since.
      const froze = (seq: number, step: number, epoch: number, layer: string): RecordedSettings => ({
        seq,
        step,
        epoch,
        at: new Date().toISOString(),
        command: { kind: 'set', patch: { frozen: [{ layer, frozen: true }] } },
      });
      const commands = [froze(2, 50, 1, 'hidden'), froze(1, 120, 3, 'classes')];
      const run = await bench.train({ ...endless({ engine, optimizer, epochs: 6 }), commands });
      expect(run).toMatchObject({ state: 'completed', epochsDone: 6 });
      expect(bench.store.get(run.id)).toMatchObject({ commands: commands.slice(0, 1), warnings: [expect.any(String)] });
      expect(bench.store.refusals(run.id)).toEqual([{ seq: 1, command: commands[1]!.command }]);
      expect(bench.of('run.refused')).toHaveLength(1);
      const repeated = await bench.train(plan({ repeat: run.id }));
      await expectSame(repeated.id, run.id);
      expect(await bench.train(resume(run.id, 8))).toMatchObject({ state: 'completed', epochsDone: 8 });
    },
  );

  it.runIf(engine === 'onnx' && portion !== 'quick')(
    'add no state to an optimizer that does not count updates',
    async () => {
      bench = new TrainingBench();
      const id = await startEndless(endless({ engine, optimizer: { ...defaultOptimizer('rmsprop') } }));
      await apply(id, { kind: 'set', patch: { frozen: [{ layer: 'hidden', frozen: true }] } });
      await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
      const { epochsDone } = await bench.supervisor.ended(id);
      const resumed = await bench.train(resume(id, epochsDone + 2));
      const names = async (run: string) => [...(await bench.state(run)).keys()].sort();
      expect(await names(resumed.id)).toEqual(await names(id));
    },
  );

  it.runIf(engine === 'onnx')('must be layers of the run', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    const command: RunCommand = { kind: 'set', patch: { frozen: [{ layer: 'other', frozen: true }] } };
    await expect(bench.supervisor.command(id, command)).rejects.toMatchObject({ code: 'training/cannot-set' });
    expect(bench.store.get(id).commands).toEqual([]);
  });
});
