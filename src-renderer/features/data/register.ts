import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import { formatCountOf } from '../../ui/format/numbers.ts';
import DataDialogs from './DataDialogs.svelte';
import DataScreen from './DataScreen.svelte';
import { dataDrop } from './data-drop.ts';
import { generateData } from './generators.ts';

export function dataFeature(stores: Pick<Stores, 'dataset' | 'project' | 'steps'>): Feature {
  const { dataset, steps } = stores;
  const status = (): ScreenStatus => {
    const { chosen, error, rows, preparing } = dataset;
    if (!chosen) return { state: 'missing', note: 'No data chosen yet' };
    if (error !== null) return { state: 'missing', note: error.message };
    if (rows === null) return { state: 'busy', note: preparing ? 'Reading data' : 'Waiting for data' };
    return { state: 'ready', note: preparing ? 'Reading data' : `${formatCountOf(rows.train, 'training row')} ready` };
  };
  return {
    dialogs: [DataDialogs],
    dropTargets: [dataDrop(stores)],
    commands: [
      {
        id: 'data.choose',
        title: 'Choose data…',
        words: 'open import file folder csv table pictures images dataset',
        group: 'Project',
        run: () => {
          steps.current = 'data';
          dataset.choosing = { dropped: null };
        },
      },
      {
        id: 'data.cache',
        title: 'Data cache…',
        words: 'clear disk space size copies storage preferences',
        group: 'Project',
        run: () => {
          dataset.showsCache = true;
        },
      },
      {
        id: 'data.generate',
        title: 'Generate data',
        words: 'spirals moons circles dataset points',
        group: 'Project',
        blocked: () => (dataset.document.source.kind === 'generated' ? 'The data is generated already.' : null),
        run: () => {
          steps.current = 'data';
          generateData(dataset);
        },
      },
    ],
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
