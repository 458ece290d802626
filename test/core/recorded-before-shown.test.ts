import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RunStore } from '../../src-main/runs/store.ts';
import type { EventPayload } from '../../src-shared/contract/contract.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { Dice } from '../support/dice.ts';
import { byPortion } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { forkCore } from './core-process.ts';
import { openCore } from './core-window.ts';

const SEED = 20_261_130;
const KILLS = byPortion({ quick: 6, ci: 20, soak: 200 });

/** Epochs of 4 and of 17,500 steps: updates with many epochs, and updates without one. */
const lengths = [
  { samples: 100, batchSize: 16 },
  { samples: 50_000, batchSize: 2 },
];

async function projectFolder({ samples, batchSize }: (typeof lengths)[number]): Promise<string> {
  const folder = join(temporaryFolder(), 'project');
  const { window, core } = openCore(folder, { create: true });
  const { modelRevision, datasetRevision, configurationRevision } = await window.request('project.get', {});
  const { model, configuration } = exampleRun({ engine: 'onnx', epochs: 100_000, batchSize });
  await window.request('project.saveModel', { document: model, baseRevision: modelRevision });
  await window.request('project.saveDataset', { document: moons(samples), baseRevision: datasetRevision });
  await window.request('project.saveConfiguration', { configuration, baseRevision: configurationRevision });
  await core.close();
  return folder;
}

/** What a window has received of a run. */
interface Shown {
  readonly progress: EventPayload<'run.progress'>[];
  readonly epochs: EventPayload<'run.epoch'>[];
  readonly series: EventPayload<'run.progress'>['points'];
  steps: number;
}

function watchRuns(window: LaminaClient): Shown {
  const shown: Shown = { progress: [], epochs: [], series: [], steps: 0 };
  window.on('run.progress', (event) => shown.progress.push(event));
  window.on('run.epoch', (event) => shown.epochs.push(event));
  window.on('run.changed', ({ summary }) => (shown.steps = Math.max(shown.steps, summary.stepsDone)));
  return shown;
}

test(`every point that a window has received is recorded, with a core killed at ${KILLS} moments (seed ${SEED})`, async () => {
  const dice = new Dice(SEED, 'moments to kill a core');
  const folders = await Promise.all(lengths.map(projectFolder));
  for (let turn = 0; turn < KILLS; turn += 1) {
    const folder = folders[turn % folders.length]!;
    const { window, kill } = forkCore(folder);
    const shown = watchRuns(window);
    const first = new Promise<void>((resolve) => {
      window.on('run.progress', ({ points }) => points.length > 0 && resolve());
    });
    const { runId } = await window.request('training.start', {});
    await first;
    await delay(dice.below(700));
    // A window that opens during the training asks for the series.
    const series = window.request('runs.series', { runId, maxPoints: 1_000_000 }).catch(() => null);
    if (dice.chance(50)) shown.series.push(...((await series)?.points ?? []));
    await kill();

    const store = RunStore.open(folder);
    const summary = store.summary(runId);
    const recorded = store.series(runId, 10_000_000);
    store.close();
    const losses = new Map(recorded.points);
    const points = [...shown.progress.flatMap((event) => event.points), ...shown.series];
    expect(points.filter(([step, loss]) => losses.get(step) !== loss)).toHaveLength(0);
    expect(summary.stepsDone).toBeGreaterThanOrEqual(Math.max(shown.steps, ...shown.progress.map(({ step }) => step)));
    expect(recorded.epochs).toEqual(expect.arrayContaining(shown.epochs.map(({ record }) => record)));
    expect(summary.state).toBe('interrupted');
  }
});
