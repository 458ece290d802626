import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import { formatCountOf } from '../../ui/format/numbers.ts';
import RunsScreen from './RunsScreen.svelte';

export function runsFeature({ runs }: Pick<Stores, 'runs'>): Feature {
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
  };
}
