import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import { formatCountOf } from '../../ui/format/numbers.ts';
import DataScreen from './DataScreen.svelte';

export function dataFeature({ dataset }: Pick<Stores, 'dataset'>): Feature {
  const status = (): ScreenStatus => {
    const { chosen, error, rows, preparing } = dataset;
    if (!chosen) return { state: 'missing', note: 'No data chosen yet' };
    if (error !== null) return { state: 'missing', note: error.message };
    if (rows === null) return { state: 'busy', note: preparing ? 'Reading data' : 'Waiting for data' };
    return { state: 'ready', note: `${formatCountOf(rows.train, 'training row')} ready` };
  };
  return {
    screens: [
      {
        id: 'data',
        label: 'Data',
        order: 1,
        words: 'dataset columns split csv import table',
        component: DataScreen,
        status,
      },
    ],
  };
}
