import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import { formatCountOf } from '../../ui/format/numbers.ts';
import { setWeights } from '../../../src-shared/document/edits/edits.ts';
import { weightsForUse } from '../../../src-shared/training/run/run-weights.ts';
import type { Stores } from '../../state/stores.ts';
import { openRun, type OpeningStores } from './open-run.ts';
import RunsScreen from './RunsScreen.svelte';

export function runsFeature(stores: OpeningStores & Pick<Stores, 'training'>): Feature {
  const { model, runs, training } = stores;
  const status = (): ScreenStatus =>
    runs.list.length > 0
      ? { state: 'ready', note: formatCountOf(runs.list.length, 'run') }
      : { state: 'missing', note: 'No run yet: train first' };
  return {
    screens: [
      {
        id: 'runs',
        label: 'Runs',
        order: 4,
        words: 'results compare experiments',
        component: RunsScreen,
        status,
      },
    ],
    commands: [
      {
        id: 'runs.open',
        title: () => (runs.selected === null ? 'Open a run' : `Open run ${runs.selected.number}`),
        words: 'restore bring back model data settings configuration',
        group: 'Train',
        blocked: () => (runs.selected === null ? 'There are no runs yet. Train first.' : null),
        run: () => {
          if (runs.selected !== null) void openRun(stores, runs.selected);
        },
      },
      {
        id: 'runs.nameWeights',
        title: () =>
          `Start new runs from the weights of ${runs.selected === null ? 'a run' : `run ${runs.selected.number}`}`,
        words: 'pretrained keep transfer',
        group: 'Train',
        blocked: () => (runs.selected?.lastCheckpoint == null ? 'Select a run with saved weights.' : null),
        run: () => {
          if (runs.selected !== null) void training.nameWeights(runs.selected, weightsForUse(runs.selected));
        },
      },
      {
        id: 'runs.forgetWeights',
        title: 'Start new runs from the seed',
        words: 'random initial weights',
        group: 'Train',
        blocked: () => (model.whole.weights === undefined ? 'New runs already start from the seed.' : null),
        run: () => model.performOnWhole(setWeights(null)),
      },
    ],
  };
}
