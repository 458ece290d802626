import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import EvaluateScreen from './EvaluateScreen.svelte';

export function evaluateFeature({ runs }: Pick<Stores, 'runs'>): Feature {
  const status = (): ScreenStatus =>
    runs.list.some((run) => run.lastCheckpoint !== null)
      ? { state: 'ready', note: 'Test, try and export a trained model' }
      : { state: 'missing', note: 'Needs a run with saved weights' };
  return {
    screens: [
      {
        id: 'evaluate',
        label: 'Evaluate',
        order: 5,
        words: 'export savedmodel test predict confusion matrix',
        component: EvaluateScreen,
        status,
      },
    ],
  };
}
