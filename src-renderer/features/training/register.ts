import { bestEpochMark, earlyEndMark } from '../../components/curves/curve-series.ts';
import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import CurvesPanel from './CurvesPanel.svelte';
import RandomFrozenDialog from './RandomFrozenDialog.svelte';
import { trainingCommands } from './training-commands.ts';
import TrainingScreen from './TrainingScreen.svelte';

export function trainingFeature(
  stores: Pick<Stores, 'runs' | 'queue' | 'running' | 'training' | 'liveEdits'>,
): Feature {
  const { runs, running, training } = stores;
  const status = (): ScreenStatus => {
    if (runs.active !== null) return { state: 'busy', note: `Run ${runs.active.number} is training` };
    if (training.blocker !== null) return { state: 'missing', note: training.blocker };
    return { state: 'ready', note: 'Ready to train' };
  };
  return {
    screens: [
      {
        id: 'train',
        label: 'Train',
        order: 3,
        words: 'loss optimizer epochs settings learning rate metrics',
        component: TrainingScreen,
        status,
      },
    ],
    panels: [{ id: 'curves', label: 'Curves', order: 20, component: CurvesPanel, command: { title: 'Show curves' } }],
    commands: trainingCommands(stores),
    dialogs: [RandomFrozenDialog],
    cardBadges: [
      {
        label: 'training',
        hint: 'The run in progress changes its weights',
        colour: '--accent',
        isOn: (nodeId) => running.trains(nodeId),
      },
    ],
    curveMarks: [bestEpochMark, earlyEndMark],
  };
}
