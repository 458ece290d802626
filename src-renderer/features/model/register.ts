import type { Feature, ScreenStatus } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import { formatCountOf } from '../../ui/format/numbers.ts';
import Canvas from './canvas/Canvas.svelte';
import { canvasMenus } from './canvas/menu/canvas-menus.ts';
import { arrangeCommands } from './commands/arrange-commands.ts';
import { blockCommands } from './commands/block-commands.ts';
import { clipboardCommands } from './commands/clipboard-commands.ts';
import { dialogCommands } from './commands/dialog-commands.ts';
import { groupCommands } from './commands/group-commands.ts';
import { modelCommands } from './commands/model-commands.ts';
import { pictureCommands } from './commands/picture-commands.ts';
import { presetCommands } from './commands/preset-commands.ts';
import { shareCommands } from './commands/share-commands.ts';
import { reachCommands } from './commands/reach-commands.ts';
import { transferCommands } from './commands/transfer-commands.ts';
import CompareRun from './compare/CompareRun.svelte';
import Inspector from './inspector/Inspector.svelte';
import KerasPanel from './keras/KerasPanel.svelte';
import ModelDialogs from './ModelDialogs.svelte';
import LayerPalette from './palette/LayerPalette.svelte';
import ProblemsPanel from './ProblemsPanel.svelte';
import { modelDrop } from './starting-points/open-model-file.ts';
import SummaryPanel from './SummaryPanel.svelte';

type Needed =
  | 'model'
  | 'dataset'
  | 'configuration'
  | 'liveEdits'
  | 'analysis'
  | 'editor'
  | 'layout'
  | 'steps'
  | 'toasts'
  | 'documents'
  | 'project';

export function modelFeature(stores: Pick<Stores, Needed>): Feature {
  const { analysis, layout } = stores;
  const status = (): ScreenStatus => {
    if (analysis.nextStep !== null) return { state: 'missing', note: analysis.nextStep };
    const errors = analysis.errors.length;
    if (errors > 0) return { state: 'missing', note: `${formatCountOf(errors, 'problem')} to solve` };
    return { state: 'ready', note: analysis.parameterWords };
  };
  return {
    dropTargets: [modelDrop(stores)],
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
    commands: [
      ...modelCommands(stores),
      ...clipboardCommands(stores),
      ...reachCommands(stores),
      ...blockCommands(stores),
      ...groupCommands(stores),
      ...arrangeCommands(stores),
      ...shareCommands(stores),
      ...presetCommands(stores),
      ...transferCommands(stores),
      ...pictureCommands(stores),
      ...dialogCommands(stores),
    ],
    dialogs: [ModelDialogs],
    canvasMenus,
    canvasTools: [
      [{ command: 'model.new', icon: 'templates', text: 'Templates' }],
      [
        { command: 'edit.undo', icon: 'undo' },
        { command: 'edit.redo', icon: 'redo' },
      ],
      [
        { command: 'model.layout', icon: 'layout' },
        { command: 'model.layoutRight', icon: 'layoutRight' },
        { command: 'note.add', icon: 'note' },
        { command: 'model.snap', icon: 'grid', label: 'Snap to the grid', pressed: () => layout.canvas.snap },
        { command: 'model.minimap', icon: 'map', label: 'Minimap', pressed: () => layout.canvas.minimap },
      ],
      [
        { command: 'model.find', icon: 'search' },
        { command: 'model.zoomOut', icon: 'minus' },
        { command: 'model.zoomIn', icon: 'plus' },
        { command: 'model.fit', icon: 'fit' },
      ],
    ],
    runModel: [CompareRun],
  };
}
