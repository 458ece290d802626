import { flushStudio, type Studio } from '../state/studio.svelte.ts';
import type { Command } from './command.ts';

/** Starting and stopping training. */
export function trainingCommands(studio: Studio): Command[] {
  const { runs, steps } = studio;
  return [
    {
      id: 'train.start',
      title: 'Train',
      group: 'Train',
      keys: ['Mod+Enter'],
      whileTyping: true,
      blocked: () => (runs.starting ? 'Training is starting.' : steps.trainingBlocker),
      run: () => void startTraining(studio),
    },
    {
      id: 'train.stop',
      title: () => (runs.active === null ? 'Stop training' : `Stop run ${runs.active.number}`),
      group: 'Train',
      keys: ['Mod+.'],
      blocked: () => (runs.active === null ? 'Nothing is training.' : null),
      run: () => {
        const { active } = runs;
        if (active !== null) runs.stop(active.id).catch((thrown: unknown) => studio.toasts.fail(thrown));
      },
    },
  ];
}

/** Saves what is unsaved, trains it and shows the curves. */
export async function startTraining(
  studio: Studio,
  options: Parameters<Studio['runs']['start']>[0] = {},
): Promise<void> {
  const { runs, layout, steps, toasts } = studio;
  try {
    await flushStudio(studio);
    await runs.start(options);
    if (steps.current === 'model') layout.showDrawer('curves');
    else steps.current = 'train';
  } catch (thrown) {
    toasts.fail(thrown);
  }
}
