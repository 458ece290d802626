import type { Feature } from '../slots/feature.ts';
import type { Stores } from '../state/stores.ts';
import { historyCommands } from './commands/history-commands.ts';
import HistoryPanel from './HistoryPanel.svelte';
import LogPanel from './LogPanel.svelte';

/** Panels and commands about the whole project. */
export function windowFeature(stores: Pick<Stores, 'documents' | 'model' | 'steps'>): Feature {
  return {
    panels: [
      {
        id: 'history',
        label: 'History',
        order: 50,
        component: HistoryPanel,
        command: { title: 'Show the history of edits' },
      },
      { id: 'log', label: 'Log', order: 60, component: LogPanel, command: { title: 'Show the log' } },
    ],
    commands: historyCommands(stores),
  };
}
