import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RunStore } from '../../src-main/runs/store.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { RequestParams } from '../../src-shared/contract/contract.ts';
import { trainingConfigurationSchema } from '../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
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
const KILLS = byPortion({ quick: 2, ci: 4, soak: 10 });
/** Long enough that the run has not ended before the last kill. */
const EPOCHS = 20 * KILLS;
/** Time after the drawn step: kills also hit checkpoints, validation and the end of an epoch. */
const MOST_DELAY_MS = 150;

const model = sequentialDocument([
  dense(24, 'linear'),
  { kind: 'BatchNormalization' },
  { kind: 'Activation', params: { activation: 'relu' } },
  { kind: 'Dropout', params: { rate: 0.2 } },
  dense(2, 'softmax'),
]);

const configurations: readonly [string, Partial<TrainingConfiguration>][] = [
  [
    'Adam with a moving average and an exponential schedule',
    {
      optimizer: trainingConfigurationSchema.shape.optimizer.parse({
        kind: 'adam',
        learningRate: 0.01,
        ema: { momentum: 0.9, overwriteFrequency: 7 },
      }),
      schedule: trainingConfigurationSchema.shape.schedule.parse({ kind: 'exponential', length: 500 }),
    },
  ],
  [
    'SGD with momentum, accumulated gradients and 1cycle',
    {
      optimizer: trainingConfigurationSchema.shape.optimizer.parse({
        kind: 'sgd',
        learningRate: 0.05,
        momentum: 0.9,
        gradientAccumulationSteps: 3,
      }),
      schedule: trainingConfigurationSchema.shape.schedule.parse({ kind: 'oneCycle' }),
    },
  ],
];

async function projectFolder(changes: Partial<TrainingConfiguration>): Promise<string> {
  const folder = join(temporaryFolder(), 'project');
  const { window, core } = openCore(folder, { create: true });
  const { modelRevision, datasetRevision, configurationRevision } = await window.request('project.get', {});
  const { configuration } = exampleRun({ engine: 'onnx', epochs: EPOCHS, batchSize: 4, ...changes });
  await window.request('project.saveModel', { document: model, baseRevision: modelRevision });
  await window.request('project.saveDataset', { document: moons(600), baseRevision: datasetRevision });
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

/** Kills the trainer, or the core, or both. @returns Whether the core was killed. */
async function strike({ pid, kill }: CoreProcess, training: Training, target: 'core' | 'trainer' | 'both') {
  const trainer = childProcesses(pid).find(({ command }) => command.includes('trainer'));
  if (trainer !== undefined && target !== 'core') process.kill(trainer.pid, 'SIGKILL');
  if (target !== 'trainer') await kill();
  else await training.until(Infinity);
  return target !== 'trainer';
}

test.each(configurations)(
  `%s: ${KILLS} kills of core and trainer lose nothing that was shown, and change no bit (seed ${SEED})`,
  async (title, changes) => {
    const dice = new Dice(SEED, title);
    const folder = await projectFolder(changes);
    let core = forkCore(folder);
    let shown = new Shown(core.window);
    const whole = await start(core.window, {});
    await whole.until(Infinity);
    const { stepsDone: totalSteps } = await core.window.request('runs.get', { runId: whole.runId });
    let request: RequestParams<'training.start'> = {};
    let from = 0;
    let interrupted = 0;
    for (let count = 0; count < KILLS; count += 1) {
      const training = await start(core.window, request);
      await training.until(from + 1 + dice.below(Math.floor(totalSteps / KILLS / 2)));
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
      expect(state).toBe('interrupted');
      interrupted += 1;
      if (lastCheckpoint === null) continue;
      request = { continueFrom: { runId: training.runId, checkpoint: 'last', mode: 'resume', settings: 'run' } };
      from = lastCheckpoint.step;
    }
    // Otherwise most kills came after the run's end.
    expect(interrupted).toBeGreaterThan(KILLS / 2);
    const rest = await start(core.window, request);
    await rest.until(Infinity);
    await core.kill();

    const store = RunStore.open(folder);
    const [expected, resumed] = [store.get(whole.runId), store.get(rest.runId)];
    expect(resumed).toMatchObject({ state: 'completed', stepsDone: totalSteps, test: expected.test });
    expect(store.series(rest.runId, 1_000_000).points).toEqual(store.series(whole.runId, 1_000_000).points);
    for (const kind of ['last', 'best'] as const) {
      const { tensors } = await loadCheckpoint(store, whole.runId, kind);
      expect((await loadCheckpoint(store, rest.runId, kind)).tensors).toEqual(tensors);
    }
    store.close();
  },
);
