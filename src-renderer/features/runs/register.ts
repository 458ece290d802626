import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import { formatCountOf } from '../../ui/format/numbers.ts';
import { openRun, type OpeningStores } from './open-run.ts';
import RunsScreen from './RunsScreen.svelte';

export function runsFeature(stores: OpeningStores): Feature {
  const { runs } = stores;
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
        blocked: () => (runs.selected === null ? 'Train first: there is no run.' : null),
        run: () => {
          if (runs.selected !== null) void openRun(stores, runs.selected);
        },
      },
    ],
  };
}
