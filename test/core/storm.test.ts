import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { z } from 'zod';
import { TrainingSupervisor } from '../../src-main/core/training/supervisor.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { RequestParams } from '../../src-shared/contract/contract.ts';
import { trainingConfigurationSchema } from '../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { isSettings } from '../../src-shared/training/commands/run-command.ts';
import type { RunCommand } from '../../src-shared/training/commands/run-command.ts';
import { hasEnded } from '../../src-shared/training/run/run-state.ts';
import { exampleRun, loadCheckpoint, moons } from '../runs/example-run.ts';
import { Dice } from '../support/dice.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { byPortion } from '../support/portion.ts';
import { childProcesses } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { forkCore } from './core-process.ts';
import type { CoreProcess } from './core-process.ts';
import { openCore } from './core-window.ts';
import { Shown } from './shown.ts';

const SEED = 20_261_130;
/** For each configuration. */
const KILLS = byPortion({ quick: 2, ci: 4, soak: 20 });
/** Long enough that the run has not ended before the last kill. */
const EPOCHS = 20 * KILLS;
const common = { engine: 'onnx', epochs: EPOCHS, batchSize: 4 } as const;
/** 420 of 600 rows are trained on. */
const STEPS = EPOCHS * (420 / 4);
/** Time after the drawn step: kills also hit checkpoints, validation and the end of an epoch. */
const MOST_DELAY_MS = 150;

const model = sequentialDocument([
  dense(24, 'linear'),
  { kind: 'BatchNormalization' },
  { kind: 'Activation', params: { activation: 'relu' } },
  { kind: 'Dropout', params: { rate: 0.2 } },
  dense(2, 'softmax'),
]);

const documents = { model, dataset: moons(600) };

const ema = { momentum: 0.9, overwriteFrequency: 7 };
const scheduled: readonly [title: string, schedule: z.input<typeof trainingConfigurationSchema.shape.schedule>][] = [
  ['an exponential schedule', { kind: 'exponential', length: 500 }],
  ['1cycle', { kind: 'oneCycle', momentum: {} }],
  ['a performance schedule', { kind: 'performance', patience: 2 }],
  ['cosine restarts', { kind: 'cosineRestarts', length: 300 }],
];
const optimized: readonly [title: string, optimizer: z.input<typeof trainingConfigurationSchema.shape.optimizer>][] = [
  ['Adam with a moving average', { kind: 'adam', learningRate: 0.01, ema }],
  [
    'SGD with momentum and accumulated gradients',
    { kind: 'sgd', learningRate: 0.05, momentum: 0.9, gradientAccumulationSteps: 3 },
  ],
  ['AdamW with clipping', { kind: 'adamw', learningRate: 0.005, clip: { by: 'globalNorm', limit: 1 } }],
  ['Nadam', { kind: 'nadam', learningRate: 0.005 }],
  ['Adamax with accumulated gradients', { kind: 'adamax', learningRate: 0.01, gradientAccumulationSteps: 2 }],
  ['Adagrad with a moving average', { kind: 'adagrad', learningRate: 0.05, ema: { ...ema, validate: true } }],
  ['Adadelta', { kind: 'adadelta', learningRate: 0.5 }],
  ['RMSprop, centered, with momentum', { kind: 'rmsprop', learningRate: 0.002, momentum: 0.5, centered: true }],
  ['FTRL', { kind: 'ftrl', learningRate: 0.05, l1RegularizationStrength: 0.001 }],
  ['Lion with weight decay', { kind: 'lion', learningRate: 0.001, weightDecay: 0.01 }],
];
const configurations = optimized
  .slice(0, byPortion({ quick: 2, ci: 3, soak: 10 }))
  .map(([title, optimizer], index): [string, Partial<TrainingConfiguration>] => {
    const [scheduleTitle, schedule] = scheduled[index % scheduled.length]!;
    const { shape } = trainingConfigurationSchema;
    return [
      `${title}, ${scheduleTitle}`,
      { optimizer: shape.optimizer.parse(optimizer), schedule: shape.schedule.parse(schedule) },
    ];
  });

async function projectFolder(changes: Partial<TrainingConfiguration>): Promise<string> {
  const folder = join(temporaryFolder(), 'project');
  const { window, core } = openCore(folder, { create: true });
  const { modelRevision, datasetRevision, configurationRevision } = await window.request('project.get', {});
  const { configuration } = exampleRun({ ...common, ...changes });
  await window.request('project.saveModel', { document: documents.model, baseRevision: modelRevision });
  await window.request('project.saveDataset', { document: documents.dataset, baseRevision: datasetRevision });
  await window.request('project.saveConfiguration', { configuration, baseRevision: configurationRevision });
  await core.close();
  return folder;
}

interface Training {
  readonly runId: string;
  /** Resolves once the run has ended, or taken that step. */
  until(step: number): Promise<void>;
}

async function start(window: LaminaClient, request: RequestParams<'training.start'>): Promise<Training> {
  let [reached, ended] = [0, false];
  let check = (): void => {};
  window.on('run.progress', ({ step }) => {
    reached = Math.max(reached, step);
    check();
  });
  const ends = window.on('run.changed', ({ summary }) => {
    ended ||= hasEnded(summary.state);
    if (ended) ends();
    check();
  });
  const { runId } = await window.request('training.start', request);
  const until = (step: number): Promise<void> =>
    new Promise((resolve) => {
      check = () => (ended || reached >= step) && resolve();
      check();
    });
  return { runId, until };
}

const rates = [0.0005, 0.002, 0.02];

/** Sends commands, of which a kill may interrupt any. */
async function command({ window }: CoreProcess, { runId, until }: Training, dice: Dice): Promise<void> {
  const send = async (command: RunCommand): Promise<void> => {
    await window.request('runs.command', { runId, command }).catch((thrown: unknown) => {
      // The run has ended, or a command before changed its state.
      expect(AppError.from(thrown).code).toMatch(/^training\/not-/);
    });
  };
  const set: RunCommand = { kind: 'set', patch: { learningRate: dice.pick(rates) } };
  const sequences: readonly RunCommand[][] = [
    [],
    [set],
    [{ kind: 'pause' }],
    [{ kind: 'pause' }, set, { kind: 'resume' }, { kind: 'set', patch: { learningRate: dice.pick(rates) } }],
    [{ kind: 'checkpoint' }, set],
    [set, { kind: 'stop', when: dice.pick(['now', 'epoch']) }],
  ];
  const wait = dice.below(40);
  for (const each of dice.pick(sequences)) {
    await send(each);
    if (each.kind === 'set') await Promise.race([until(0), delay(wait)]);
  }
}

/** Kills the trainer, or the core, or both. @returns Whether the core was killed. */
async function strike({ pid, kill }: CoreProcess, training: Training, target: 'core' | 'trainer' | 'both') {
  const trainer = childProcesses(pid).find(({ command }) => command.includes('trainer'));
  if (trainer !== undefined && target !== 'core') process.kill(trainer.pid, 'SIGKILL');
  if (target !== 'trainer') await kill();
  else await training.until(Infinity);
  return target !== 'trainer';
}

test.each(configurations)(
  `%s: ${KILLS} kills of core and trainer amid commands lose nothing that was shown, and change no bit (seed ${SEED})`,
  async (title, changes) => {
    const dice = new Dice(SEED, title);
    const folder = await projectFolder(changes);
    let core = forkCore(folder);
    let shown = new Shown(core.window);
    let request: RequestParams<'training.start'> = {};
    let from = 0;
    let ended = 0;
    for (let count = 0; count < KILLS; count += 1) {
      const training = await start(core.window, request);
      await training.until(from + 1 + dice.below(Math.floor(STEPS / KILLS / 2)));
      await command(core, training, dice);
      await delay(dice.below(MOST_DELAY_MS));
      const coreKilled = await strike(core, training, dice.pick(['core', 'trainer', 'both']));
      const store = RunStore.open(folder);
      shown.expectRecorded(store, training.runId);
      const { state, lastCheckpoint } = store.summary(training.runId);
      store.close();
      if (coreKilled) {
        core = forkCore(folder);
        shown = new Shown(core.window);
      }
      if (state === 'completed') break;
      expect(['interrupted', 'stopped']).toContain(state);
      ended += 1;
      if (lastCheckpoint === null) continue;
      request = { continueFrom: { runId: training.runId, checkpoint: 'last', mode: 'resume', settings: 'run' } };
      from = lastCheckpoint.step;
    }
    // Otherwise most kills came after the run's end.
    expect(ended).toBeGreaterThan(KILLS / 2);
    const rest = await start(core.window, request);
    await rest.until(Infinity);
    await core.kill();

    const store = RunStore.open(folder);
    const resumed = store.get(rest.runId);
    const supervisor = new TrainingSupervisor(store, () => {});
    onTestFinished(async () => {
      await supervisor.close();
      store.close();
    });
    const whole = supervisor.start({
      ...exampleRun({ ...common, ...changes }),
      ...documents,
      commands: resumed.commands.filter(isSettings),
    });
    const expected = await supervisor.ended(whole.id);
    expect(expected).toMatchObject({ state: 'completed', stepsDone: STEPS });
    expect(resumed).toMatchObject({ state: 'completed', stepsDone: STEPS, test: expected.test });
    expect(store.series(rest.runId, 1_000_000).points).toEqual(store.series(whole.id, 1_000_000).points);
    for (const kind of ['last', 'best'] as const) {
      const { tensors } = await loadCheckpoint(store, whole.id, kind);
      expect((await loadCheckpoint(store, rest.runId, kind)).tensors).toEqual(tensors);
    }
  },
);
