import {
  groupMembers,
  leaveGroup,
  setAllCollapsed,
  ungroupAll,
} from '../../../../src-shared/document/geometry/group-edits.ts';
import { CARD, type Position } from '../../../../src-shared/document/edits/edits.ts';
import { flowDirection } from '../../../../src-shared/document/geometry/flow-direction.ts';
import { boxesShown } from '../../../../src-shared/document/geometry/groups.ts';
import { addNote, NOTE } from '../../../../src-shared/document/edits/note-edits.ts';
import { freePosition } from '../../../../src-shared/canvas/layout/free-position.ts';
import type { ModelGroup } from '../../../../src-shared/document/schema/model-document.ts';
import { createId } from '../../../state/ids.ts';
import type { Stores } from '../../../state/stores.ts';
import { needsModel, type Command } from '../../../commands/command.ts';

/** Notes on the canvas, and layers under one title. */
export function groupCommands(stores: Pick<Stores, 'model' | 'editor' | 'steps'>): Command[] {
  const { model, editor, steps } = stores;
  const elsewhere = needsModel(steps);
  const selection = () => [editor.selectedNodes, editor.selectedNotes] as const;
  const grouped = () => groupsSelected(stores);
  const command = (own: Omit<Command, 'group'>): Command => ({ ...own, group: 'Groups and notes' });
  return [
    command({
      id: 'note.add',
      title: 'Add a note',
      keys: ['Shift+T'],
      blocked: elsewhere,
      run: () => beginNote(stores, notePlace(stores)),
    }),
    command({
      id: 'group.make',
      title: 'Group the selection',
      keys: ['Alt+G'],
      blocked: () =>
        elsewhere() ??
        (editor.selectedNodes.length + editor.selectedNotes.length === 0
          ? 'Select layers first.'
          : groupMembers(model.document, ...selection(), createId) === null
            ? 'The selection is a group already.'
            : null),
      run: () => model.perform(groupMembers(model.document, ...selection(), createId)?.change ?? null),
    }),
    command({
      id: 'group.dissolve',
      title: 'Ungroup',
      keys: ['Alt+Shift+G'],
      blocked: () => elsewhere() ?? (grouped().length === 0 ? 'Select a group, or a layer of one, first.' : null),
      run: () => model.perform(ungroupAll(model.document, ids(grouped()))),
    }),
    command({
      id: 'group.fold',
      title: () => (grouped().some(({ collapsed }) => !collapsed) ? 'Collapse the group' : 'Expand the group'),
      keys: ['Alt+E'],
      blocked: () => elsewhere() ?? (grouped().length === 0 ? 'Select a group, or a layer of one, first.' : null),
      run: () => {
        const folds = grouped().some(({ collapsed }) => !collapsed);
        model.perform(setAllCollapsed(model.document, ids(grouped()), folds));
        requestAnimationFrame(() => requestAnimationFrame(() => editor.canvas?.focus()));
      },
    }),
    command({
      id: 'group.leave',
      title: 'Take the selection out of its group',
      blocked: () => elsewhere() ?? (grouped().length === 0 ? 'The selection is in no group.' : null),
      run: () => model.perform(leaveGroup(model.document, ...selection())),
    }),
    command({
      id: 'group.foldAll',
      title: 'Collapse all groups',
      blocked: () => elsewhere() ?? (withState(stores, false).length === 0 ? 'No group is expanded.' : null),
      run: () => foldAll(stores, true),
    }),
    command({
      id: 'group.expandAll',
      title: 'Expand all groups',
      blocked: () => elsewhere() ?? (withState(stores, true).length === 0 ? 'No group is collapsed.' : null),
      run: () => foldAll(stores, false),
    }),
  ];
}

/** Lays a note at a place of the canvas, to be written at once. */
export function beginNote({ model, editor }: Pick<Stores, 'model' | 'editor'>, place: Position): void {
  const { change, noteId } = addNote(model.document, place, createId);
  model.perform(change);
  editor.select([], [], [noteId]);
  editor.writing = noteId;
}

/** Groups that have selected members, in the order of the document. */
export function groupsSelected({ model, editor }: Pick<Stores, 'model' | 'editor'>): readonly ModelGroup[] {
  const { nodes, notes = [], groups = [] } = model.document;
  if (groups.length === 0) return [];
  const chosen = new Set([...editor.selectedNodes, ...editor.selectedNotes]);
  const ids = new Set([...nodes, ...notes].filter(({ id }) => chosen.has(id)).map(({ group }) => group));
  return groups.filter(({ id }) => ids.has(id));
}

const ids = (groups: readonly ModelGroup[]) => groups.map(({ id }) => id);

function withState({ model }: Pick<Stores, 'model'>, collapsed: boolean): readonly ModelGroup[] {
  return (model.document.groups ?? []).filter((group) => group.collapsed === collapsed);
}

function foldAll(stores: Pick<Stores, 'model' | 'editor'>, collapsed: boolean): void {
  const { model } = stores;
  model.perform(setAllCollapsed(model.document, ids(withState(stores, !collapsed)), collapsed));
  requestAnimationFrame(() => stores.editor.canvas?.fit());
}

/** Next to the selected layer, otherwise in the middle of the view; in free space if there is any. */
function notePlace({ model, editor }: Pick<Stores, 'model' | 'editor'>) {
  const { document } = model;
  const beside = document.nodes.find(({ id }) => id === editor.selectedNodes.at(-1))?.position;
  const view = editor.canvas?.view() ?? null;
  const x = beside !== undefined ? beside.x + CARD.width + CARD.gapX : middle(view?.x, view?.width, NOTE.width);
  const y = beside !== undefined ? beside.y : middle(view?.y, view?.height, NOTE.height);
  const wanted = { x: Math.round(x / 8) * 8, y: Math.round(y / 8) * 8, width: NOTE.width, height: NOTE.height };
  const free = view === null ? null : freePosition(wanted, boxesShown(document, flowDirection(document)), view);
  return free ?? { x: wanted.x, y: wanted.y };
}

const middle = (start = 0, size = 0, own = 0) => start + (size - own) / 2;
