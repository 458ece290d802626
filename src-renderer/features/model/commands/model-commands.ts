import { copyNodes, parseFragment, paste } from '../../../../src-shared/document/edits/clipboard.ts';
import { remove } from '../../../../src-shared/document/edits/edits.ts';
import { deleteAndJoin, joinRefusal } from '../../../../src-shared/document/edits/take-out.ts';
import { pasteOffset } from '../../../../src-shared/canvas/layout/paste-offset.ts';
import { createId } from '../../../state/ids.ts';
import type { Stores } from '../../../state/stores.ts';
import { leaveBlock } from './block-commands.ts';
import { needsModel, type Command } from '../../../commands/command.ts';
import { freezeCommands } from './freeze-commands.ts';
import { layoutCommands } from './layout-commands.ts';

type EditedModel = Pick<Stores, 'model' | 'editor'>;

const NOTHING_SELECTED = 'Select a layer first.';

/** Editing the model. */
export function modelCommands(
  stores: Pick<Stores, 'model' | 'liveEdits' | 'editor' | 'layout' | 'steps' | 'analysis' | 'toasts'>,
): Command[] {
  const { model, editor, layout, steps } = stores;
  const elsewhere = needsModel(steps);
  const needsNodes = () => elsewhere() ?? (editor.selectedNodes.length === 0 ? NOTHING_SELECTED : null);
  const edit = (command: Omit<Command, 'group'>): Command => ({ ...command, group: 'Edit' });
  const view = (command: Omit<Command, 'group'>): Command => ({ blocked: elsewhere, ...command, group: 'Model' });

  return [
    edit({
      id: 'edit.delete',
      title: 'Delete selection',
      keys: ['Delete', 'Backspace'],
      blocked: () => elsewhere() ?? (editor.nothingSelected ? NOTHING_SELECTED : null),
      run: () =>
        model.perform(remove(model.document, editor.selectedNodes, editor.selectedEdges, editor.selectedNotes)),
    }),
    edit({
      id: 'edit.deleteAndJoin',
      title: 'Delete and join what is before and after',
      keys: ['Mod+Delete', 'Mod+Backspace'],
      blocked: () => needsNodes() ?? joinRefusal(model.document, editor.selectedNodes),
      run: () => model.perform(deleteAndJoin(model.document, editor.selectedNodes)),
    }),
    edit({
      id: 'edit.duplicate',
      title: 'Duplicate selection',
      keys: ['Mod+D'],
      blocked: () =>
        elsewhere() ?? (editor.selectedNodes.length + editor.selectedNotes.length === 0 ? NOTHING_SELECTED : null),
      run: () => {
        const fragment = copyNodes(model.document, editor.selectedNodes, editor.selectedNotes);
        if (fragment !== null) pasteFragment(stores, fragment, 'Duplicate');
      },
    }),
    edit({
      id: 'edit.selectAll',
      title: 'Select all layers and notes',
      keys: ['Mod+A'],
      blocked: elsewhere,
      run: () => {
        const { nodes, notes = [] } = model.document;
        editor.select(
          nodes.map(({ id }) => id),
          [],
          notes.map(({ id }) => id),
        );
      },
    }),
    edit({
      id: 'edit.deselect',
      title: 'Select nothing',
      keys: ['Escape'],
      blocked: elsewhere,
      run: () => {
        if (editor.nothingSelected && model.openBlock !== null) leaveBlock(stores);
        else editor.select([]);
      },
    }),
    ...freezeCommands(stores),
    ...layoutCommands(stores),
    view({
      id: 'model.insert',
      title: 'Insert a layer…',
      keys: ['Insert', 'Shift+A'],
      run: () => editor.canvas?.insert(''),
    }),
    view({ id: 'model.fit', title: 'Zoom to fit', keys: ['0'], run: () => editor.canvas?.fit() }),
    view({ id: 'model.zoomIn', title: 'Zoom in', keys: ['+', '='], run: () => editor.canvas?.zoom(1) }),
    view({ id: 'model.zoomOut', title: 'Zoom out', keys: ['-'], run: () => editor.canvas?.zoom(-1) }),
    view({
      id: 'model.minimap',
      title: 'Show or hide the minimap',
      keys: ['Shift+M'],
      run: () => layout.set('minimap', !layout.canvas.minimap),
    }),
    view({
      id: 'model.snap',
      title: () => (layout.canvas.snap ? 'Stop snapping to the grid' : 'Snap to the grid'),
      keys: ['Shift+G'],
      run: () => layout.set('snap', !layout.canvas.snap),
    }),
  ];
}

/** Copy and cut, as the browser's own clipboard events ask; null where nothing is selected. */
export function copySelection(stores: EditedModel, cut: boolean): string | null {
  const { model, editor } = stores;
  const fragment = copyNodes(model.document, editor.selectedNodes, editor.selectedNotes);
  if (fragment === null) return null;
  if (cut) {
    const change = remove(model.document, editor.selectedNodes, [], editor.selectedNotes);
    model.perform({ ...change, label: change.label.replace('Delete', 'Cut') });
  }
  return JSON.stringify(fragment);
}

/** @returns False where the text holds no layers. */
export function pasteText(stores: EditedModel, text: string): boolean {
  const fragment = parseFragment(text);
  if (fragment === null) return false;
  pasteFragment(stores, fragment, 'Paste');
  return true;
}

function pasteFragment(
  stores: EditedModel,
  fragment: NonNullable<ReturnType<typeof parseFragment>>,
  verb: 'Paste' | 'Duplicate',
): void {
  const { model, editor } = stores;
  const offset = pasteOffset(model.document, fragment, editor.canvas?.view() ?? null);
  const { change, nodeIds, noteIds } = paste(model.document, fragment, offset, createId, verb);
  model.perform(change);
  editor.select(nodeIds, [], noteIds);
}
