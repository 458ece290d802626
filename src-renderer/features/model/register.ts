import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import { formatCountOf } from '../../ui/format/numbers.ts';
import Canvas from './canvas/Canvas.svelte';
import { canvasMenus } from './canvas/menu/canvas-menus.ts';
import { canvasTools } from './canvas/canvas-tools.ts';
import { allModelCommands } from './commands/all-model-commands.ts';
import CompareRun from './compare/CompareRun.svelte';
import Inspector from './inspector/Inspector.svelte';
import KerasPanel from './keras/KerasPanel.svelte';
import ModelDialogs from './ModelDialogs.svelte';
import LayerPalette from './palette/LayerPalette.svelte';
import ProblemsPanel from './ProblemsPanel.svelte';
import SummaryPanel from './SummaryPanel.svelte';

export function modelFeature(
  stores: Pick<Stores, 'model' | 'analysis' | 'editor' | 'layout' | 'steps' | 'toasts'>,
): Feature {
  const { analysis, layout } = stores;
  const status = (): ScreenStatus => {
    if (analysis.nextStep !== null) return { state: 'missing', note: analysis.nextStep };
    const errors = analysis.errors.length;
    if (errors > 0) return { state: 'missing', note: `${formatCountOf(errors, 'problem')} to solve` };
    return { state: 'ready', note: analysis.parameterWords };
  };
  return {
    screens: [
      {
        id: 'model',
        label: 'Model',
        order: 2,
        words: 'graph canvas network layers editor',
        component: Canvas,
        left: { label: 'Layers', noun: 'the palette', component: LayerPalette },
        right: { label: 'Inspector', noun: 'the inspector', component: Inspector },
        drawer: true,
        status,
      },
    ],
    panels: [
      {
        id: 'problems',
        label: 'Problems',
        order: 10,
        component: ProblemsPanel,
        command: { title: 'Show problems' },
        count: () => (analysis.nextStep === null ? analysis.current.problems.length : 0),
      },
      {
        id: 'summary',
        label: 'Summary',
        order: 30,
        component: SummaryPanel,
        command: { title: 'Show the summary of layers and costs' },
      },
      {
        id: 'code',
        label: 'Code',
        order: 40,
        component: KerasPanel,
        command: { title: 'Show the model as Keras code', words: 'python json export' },
      },
    ],
    commands: allModelCommands(stores),
    dialogs: [ModelDialogs],
    canvasMenus,
    canvasTools: canvasTools(layout),
    runModel: [CompareRun],
  };
}
