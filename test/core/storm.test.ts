import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { z } from 'zod';
import { TrainingSupervisor } from '../../src-main/core/training/supervisor.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { positionFrom } from '../../src-main/trainer/state/position.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { RequestParams } from '../../src-shared/contract/contract.ts';
import { earlyStoppingSchema } from '../../src-shared/training/callbacks/early-stopping.ts';
import { trainingConfigurationSchema } from '../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { configurationAfter, isSettings, modelAfter } from '../../src-shared/training/commands/run-command.ts';
import type { RunCommand, SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
import type { OptimizerKind } from '../../src-shared/training/configuration/optimizers.ts';
import { hasEnded } from '../../src-shared/training/run/run-state.ts';
import type { ScheduleKind } from '../../src-shared/training/schedules/schedule.ts';
import { exampleRun, loadCheckpoint, moons } from '../runs/example-run.ts';
import { Dice } from '../support/dice.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { byPortion, shareOf } from '../support/portion.ts';
import { childProcesses, signal } from '../support/processes.ts';
import type { ProcessInfo } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeEngines } from '../trainer/training-bench.ts';
import { forkCore } from './core-process.ts';
import type { CoreProcess } from './core-process.ts';
import { openCore } from './core-window.ts';
import { Shown } from './shown.ts';

const SEED = 20_261_130;
/** For each configuration and engine. */
const KILLS = byPortion({ quick: 2, ci: 4, soak: 10 });
/** Long enough that the run has not ended before the last kill. */
const EPOCHS = 20 * KILLS;
const BATCH_SIZE = 4;
/** 420 of 600 rows are trained on. */
const STEPS_PER_EPOCH = 420 / BATCH_SIZE;
/** Steps between two kills, at most. */
const MOST_STEPS = Math.floor((EPOCHS * STEPS_PER_EPOCH * 0.8) / KILLS);
/** Time after the drawn step: kills also hit checkpoints, validation and the end of an epoch. */
const MOST_DELAY_MS = 150;
/** More epochs without improvement than a run has. */
const PATIENCE = [100_000, 50_000] as const;
/** For what hangs: some seconds per kill on an idle machine. */
const TIMEOUT_MS = KILLS * 300_000;
/** Percentage of kills that wait for no step: they hit the start of a run. */
const EARLY = 20;

const model = sequentialDocument([
  dense(24, 'linear', { name: 'hidden' }),
  { kind: 'BatchNormalization', name: 'norm' },
  { kind: 'Activation', params: { activation: 'relu' } },
  { kind: 'Dropout', params: { rate: 0.2 } },
  dense(2, 'softmax', { name: 'classes' }),
]);

const documents = { model, dataset: moons(600) };

const { shape } = trainingConfigurationSchema;
type Titled<Value, Kind> = readonly [title: string, Omit<Extract<Value, { kind: Kind }>, 'kind'>];
const ema = { momentum: 0.9, overwriteFrequency: 7 };

/** Each kind, so that a new one is in the storm. */
const optimizers: { readonly [Kind in OptimizerKind]: Titled<z.input<typeof shape.optimizer>, Kind> } = {
  adam: ['Adam with a moving average', { learningRate: 0.01, ema }],
  sgd: [
    'SGD with momentum and accumulated gradients',
    { learningRate: 0.05, momentum: 0.9, gradientAccumulationSteps: 3 },
  ],
  adamw: [
    'AdamW, AMSGrad, with clipping',
    { learningRate: 0.005, amsgrad: true, clip: { by: 'globalNorm', limit: 1 } },
  ],
  nadam: ['Nadam', { learningRate: 0.005 }],
  adamax: ['Adamax with accumulated gradients', { learningRate: 0.01, gradientAccumulationSteps: 2 }],
  adagrad: ['Adagrad with a moving average', { learningRate: 0.05, ema: { ...ema, validate: true } }],
  adadelta: ['Adadelta', { learningRate: 0.5 }],
  rmsprop: ['RMSprop, centered, with momentum', { learningRate: 0.002, momentum: 0.5, centered: true }],
  ftrl: ['FTRL', { learningRate: 0.05, l1RegularizationStrength: 0.001 }],
  lion: ['Lion with weight decay', { learningRate: 0.001, weightDecay: 0.01 }],
};
/** Each kind; some depend on the end of the run, which commands change. */
const schedules: { readonly [Kind in ScheduleKind]: Titled<z.input<typeof shape.schedule>, Kind> } = {
  exponential: ['an exponential schedule', { length: 500 }],
  oneCycle: ['1cycle', { momentum: {} }],
  performance: ['a performance schedule', { patience: 2 }],
  cosineRestarts: ['cosine restarts', { length: 300 }],
  constant: ['a constant rate', { warmUp: { length: 50 } }],
  power: ['a power schedule', { length: 400, staircase: true }],
  piecewise: [
    'a rate in pieces',
    {
      pieces: [
        { after: 300, learningRate: 0.2 },
        { after: 1000, learningRate: 0.1 },
      ],
    },
  ],
  polynomial: ['a polynomial', { unit: 'epoch', power: 2 }],
  cosine: ['a cosine', { warmUp: { length: 200 }, alpha: 0.1 }],
  formula: ['a formula', { formula: 'initial * 0.2^(step / total_steps) * (1 + 0.5 * sin(step / 50))' }],
};

const optimized = Object.entries(optimizers).map(([kind, [title, options]]) => ({
  title,
  optimizer: shape.optimizer.parse({ kind, ...options }),
}));
const scheduled = Object.entries(schedules).map(([kind, [title, options]]) => ({
  title,
  schedule: shape.schedule.parse({ kind, ...options }),
}));

/** Each optimizer and each schedule. Early stopping does not end the run; its state is in each checkpoint. */
const configurations = Array.from(
  { length: Math.max(optimized.length, scheduled.length) },
  (_, index): [title: string, changes: Partial<TrainingConfiguration>] => {
    const { title: optimizerTitle, optimizer } = optimized[index % optimized.length]!;
    const { title: scheduleTitle, schedule } = scheduled[index % scheduled.length]!;
    const earlyStopping = earlyStoppingSchema.parse({ patience: PATIENCE[0] });
    return [`${optimizerTitle}, ${scheduleTitle}`, { optimizer, schedule, earlyStopping }];
  },
).slice(0, byPortion({ quick: 2, ci: 2, soak: Infinity }));

async function projectFolder({ model, dataset, configuration }: NewRun): Promise<string> {
  const folder = join(temporaryFolder(), 'project');
  const { window, core } = openCore(folder, { create: true });
  const { modelRevision, datasetRevision, configurationRevision } = await window.request('project.get', {});
  await window.request('project.saveModel', { document: model, baseRevision: modelRevision });
  await window.request('project.saveDataset', { document: dataset, baseRevision: datasetRevision });
  await window.request('project.saveConfiguration', { configuration, baseRevision: configurationRevision });
  await core.close();
  return folder;
}

interface Training {
  readonly runId: string;
  /** Resolves once the run has ended, or taken that step. */
  until(step: number): Promise<void>;
  /** Resolves once the run has ended, or the trainer has answered its next command. */
  answer(): Promise<void>;
  hasEnded(): boolean;
}

async function start(window: LaminaClient, request: RequestParams<'training.start'>): Promise<Training> {
  const steps = new Map<string, number>();
  const endedRuns = new Set<string>();
  let answers = 0;
  let check = (): void => {};
  window.on('run.progress', ({ runId, step }) => {
    steps.set(runId, step);
    check();
  });
  window.on('run.changed', ({ summary }) => {
    if (hasEnded(summary.state)) endedRuns.add(summary.id);
    check();
  });
  for (const answer of ['run.command', 'run.refused'] as const) {
    window.on(answer, () => {
      answers += 1;
      check();
    });
  }
  const { runId } = await window.request('training.start', request);
  const isEnded = (): boolean => endedRuns.has(runId);
  const once = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      check = () => (isEnded() || holds()) && resolve();
      check();
    });
  const until = (step: number): Promise<void> => once(() => (steps.get(runId) ?? 0) >= step);
  const answer = (): Promise<void> => {
    const before = answers;
    return once(() => answers > before);
  };
  return { runId, until, answer, hasEnded: isEnded };
}

const rates = [0.0005, 0.002, 0.02];

/** Freezes or unfreezes layers; all at once are refused. @param frozen The layers that are frozen. */
function toggle(frozen: Set<string>, dice: Dice): SettingsPatch['frozen'] {
  const layers = dice.shuffled(['hidden', 'norm', 'classes']).slice(0, dice.from(1, 2));
  return layers.map((layer) => {
    if (!frozen.delete(layer)) frozen.add(layer);
    return { layer, frozen: frozen.has(layer) };
  });
}

function drawSettings(frozen: Set<string>, dice: Dice): RunCommand {
  const learningRate = dice.pick(rates);
  const patches: readonly (() => SettingsPatch)[] = [
    () => ({ learningRate }),
    () => ({ frozen: toggle(frozen, dice) }),
    () => ({ frozen: toggle(frozen, dice) }),
    () => ({ frozen: toggle(frozen, dice), learningRate }),
    () => ({ epochs: EPOCHS + dice.below(4), patience: dice.pick(PATIENCE) }),
  ];
  return { kind: 'set', patch: dice.pick(patches)() };
}

/**
 * Sends commands, of which a kill may interrupt any.
 *
 * @param frozen The layers that are frozen.
 */
async function command(
  { window }: CoreProcess,
  { runId, answer }: Training,
  frozen: ReadonlySet<string>,
  dice: Dice,
): Promise<void> {
  const asked = new Set(frozen);
  const set = (): RunCommand => drawSettings(asked, dice);
  const sequences: readonly (() => RunCommand[])[] = [
    () => [],
    () => [set()],
    () => [{ kind: 'pause' }],
    () => [{ kind: 'pause' }, set(), { kind: 'resume' }, set()],
    () => [set(), { kind: 'checkpoint' }, set()],
    () => [set(), { kind: 'stop', when: dice.pick(['now', 'epoch']) }],
  ];
  // Half of the settings are applied before the next command, unless they wait for the end of a pause.
  const patience = dice.chance(50) ? 3_000 : dice.below(40);
  for (const each of dice.pick(sequences)()) {
    const answered = answer();
    await window.request('runs.command', { runId, command: each }).catch((thrown: unknown) => {
      // The run has ended, or a command before changed its state.
      expect(AppError.from(thrown).code).toMatch(/^training\/not-/);
    });
    if (each.kind === 'set') await Promise.race([answered, delay(patience)]);
  }
}

/** The trainer of a run, which may not be started yet; undefined: the run has ended. */
async function trainerOf({ pid }: CoreProcess, { hasEnded }: Training): Promise<ProcessInfo | undefined> {
  for (;;) {
    const trainer = childProcesses(pid).find(({ command }) => command.includes('trainer'));
    if (trainer !== undefined || hasEnded()) return trainer;
    await delay(5);
  }
}

/** Kills the trainer, or the core, or both; the core if the trainer has ended. @returns Whether the core was killed. */
async function strike(core: CoreProcess, training: Training, target: 'core' | 'trainer' | 'both'): Promise<boolean> {
  const trainer = target === 'core' ? undefined : await trainerOf(core, training);
  const trainerKilled = trainer !== undefined && signal(trainer, 'SIGKILL');
  if (trainerKilled && target === 'trainer') await training.until(Infinity);
  else await core.kill();
  return !trainerKilled || target === 'both';
}

/** Trains a run that is killed again and again. @returns The run that trained to the end. */
async function trainInStorm(folder: string, dice: Dice): Promise<string> {
  let core = forkCore(folder);
  let shown = new Shown(core.window);
  let request: RequestParams<'training.start'> = {};
  let from = 0;
  let frozen: ReadonlySet<string> = new Set();
  let ended = 0;
  for (let count = 0; count < KILLS; count += 1) {
    const training = await start(core.window, request);
    if (!dice.chance(EARLY)) await training.until(from + 1 + dice.below(MOST_STEPS));
    await command(core, training, frozen, dice);
    await delay(dice.below(MOST_DELAY_MS));
    const coreKilled = await strike(core, training, dice.pick(['core', 'trainer', 'both']));
    const store = RunStore.open(folder);
    shown.expectRecorded(store, training.runId);
    const { state, lastCheckpoint, model, commands } = store.get(training.runId);
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
    frozen = new Set(modelAfter(model, commands).nodes.flatMap((node) => (node.frozen ? [node.name] : [])));
  }
  // Otherwise most kills came after the run's end.
  expect(ended).toBeGreaterThan(KILLS / 2);
  const rest = await start(core.window, request);
  await rest.until(Infinity);
  await core.kill();
  return rest.runId;
}

/** What two runs must have in common: losses, metrics, callbacks' states and each bit of the weights. */
async function learned(store: RunStore, runId: string) {
  const { points, epochs } = store.series(runId, 1_000_000);
  const metrics = epochs.map(({ epoch, metrics }) => [epoch, metrics]);
  const { state, stepsDone, endedBy, test } = store.summary(runId);
  const last = await loadCheckpoint(store, runId, 'last');
  const best = await loadCheckpoint(store, runId, 'best');
  const { callbacks } = positionFrom(last.metadata)!;
  const bits = [last, best].map(({ tensors }) => tensors);
  return { state, stepsDone, endedBy, test, points, metrics, callbacks, bits };
}

describeEngines('a storm', (engine) => {
  test.each(shareOf(engine === 'onnx' ? 0 : 1, configurations))(
    `%s: ${KILLS} kills of core and trainer amid commands lose nothing that was shown, and change no bit (seed ${SEED})`,
    async (title, changes) => {
      const run = { ...exampleRun({ engine, epochs: EPOCHS, batchSize: BATCH_SIZE, ...changes }), ...documents };
      const folder = await projectFolder(run);
      const resumed = await trainInStorm(folder, new Dice(SEED, `${title} on ${engine}`));
      const store = RunStore.open(folder);
      const supervisor = new TrainingSupervisor(store, () => {});
      onTestFinished(async () => {
        await supervisor.close();
        store.close();
      });
      const commands = store.get(resumed).commands.filter(isSettings);
      const whole = supervisor.start({ ...run, commands });
      await supervisor.ended(whole.id);
      const { epochs } = configurationAfter(run.configuration, commands);
      const expected = await learned(store, whole.id);
      expect(expected).toMatchObject({ state: 'completed', stepsDone: epochs * STEPS_PER_EPOCH });
      expect(await learned(store, resumed)).toEqual(expected);
    },
    TIMEOUT_MS,
  );
});
