import { RESUME_WEIGHTS } from '../../../src-shared/training/run/run-weights.ts';
import type { StartOptions } from '../../state/runs-store.svelte.ts';
import { flushStudio, type Studio } from '../../state/studio.svelte.ts';
import { layersLeftRandom } from './layers-left-random.ts';
import { canResume, canStartAgain } from '../../terms/resumable.ts';
import type { Command } from '../../commands/command.ts';

/** Starting and stopping training. */
export function trainingCommands(studio: Studio): Command[] {
  const { runs, steps } = studio;
  return [
    {
      id: 'train.start',
      title: 'Train',
      group: 'Train',
      keys: ['Mod+Enter'],
      keysWork: 'while typing',
      blocked: () => (runs.starting ? 'Training is starting.' : steps.trainingBlocker),
      run: () => void startTraining(studio),
    },
    {
      id: 'train.stop',
      title: () => (runs.active === null ? 'Stop training' : `Stop run ${runs.active.number}`),
      group: 'Train',
      keys: ['Mod+.'],
      keysWork: 'everywhere',
      blocked: () => (runs.active === null ? 'Nothing is training.' : null),
      run: () => {
        const { active } = runs;
        if (active !== null) runs.stop(active.id).catch((thrown: unknown) => studio.toasts.fail(thrown));
      },
    },
    {
      id: 'train.resume',
      title: () => (runs.selected === null ? 'Resume a run' : `Resume run ${runs.selected.number}`),
      group: 'Train',
      blocked: () => {
        if (runs.active !== null) return `Run ${runs.active.number} is training; stop it first.`;
        if (runs.selected === null) return 'Select a run first.';
        if (canResume(runs.selected)) return null;
        const { number, lastCheckpoint } = runs.selected;
        return `Run ${number} has ${lastCheckpoint === null ? 'no checkpoint to go on from' : 'nothing left to train'}.`;
      },
      run: () => {
        const { selected } = runs;
        if (selected === null) return;
        const from = { runId: selected.id, checkpoint: RESUME_WEIGHTS, mode: 'resume', settings: 'run' } as const;
        void startTraining(studio, { continueFrom: from });
      },
    },
    {
      id: 'train.repeat',
      title: () => (runs.selected === null ? 'Repeat a run' : `Repeat run ${runs.selected.number}`),
      group: 'Train',
      blocked: () => {
        if (runs.active !== null) return `Run ${runs.active.number} is training; stop it first.`;
        if (runs.selected === null) return 'Select a run first.';
        if (runs.selected.engine !== null || canStartAgain(runs.selected)) return null;
        return `Run ${runs.selected.number} never read its data.`;
      },
      run: () => {
        if (runs.selected !== null) void startTraining(studio, { repeat: runs.selected.id });
      },
    },
  ];
}

/**
 * Saves what is unsaved, trains it and shows the curves. A start that would leave frozen layers at
 * random weights is asked about first.
 * @param asked A person wants it all the same.
 */
export async function startTraining(studio: Studio, options: StartOptions = {}, asked = false): Promise<void> {
  const { runs, layout, steps, toasts } = studio;
  try {
    await flushStudio(studio);
    const layers = asked ? [] : await layersLeftRandom(studio, options);
    runs.question = layers.length === 0 ? null : { layers, options };
    if (runs.question !== null) return;
    await runs.start(options);
    if (steps.current === 'model') layout.showDrawer('curves');
    else steps.current = 'train';
  } catch (thrown) {
    toasts.fail(thrown);
  }
}
