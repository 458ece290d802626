import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { RunStore } from '../../src-main/runs/store.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { Dice } from '../support/dice.ts';
import { byPortion, testInCi } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { forkCore } from './core-process.ts';
import { openCore } from './core-window.ts';
import { Shown } from './shown.ts';

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

testInCi(
  `every point that a window has received is recorded, with a core killed at ${KILLS} moments (seed ${SEED})`,
  async () => {
    const dice = new Dice(SEED, 'moments to kill a core');
    const folders = await Promise.all(lengths.map(projectFolder));
    for (let turn = 0; turn < KILLS; turn += 1) {
      const folder = folders[turn % folders.length]!;
      const { window, kill } = forkCore(folder);
      const shown = new Shown(window);
      const first = new Promise<void>((resolve) => {
        window.on('run.progress', ({ points }) => points.length > 0 && resolve());
      });
      const { runId } = await window.request('training.start', {});
      await first;
      await delay(dice.below(700));
      // A window that opens during the training asks for the series.
      const series = window.request('runs.series', { runId, maxPoints: 1_000_000 }).catch(() => null);
      const answered = dice.chance(50) ? await series : null;
      if (answered !== null) shown.addSeries(runId, answered);
      await kill();

      const store = RunStore.open(folder);
      shown.expectRecorded(store, runId);
      expect(store.summary(runId).state).toBe('interrupted');
      store.close();
    }
  },
);
