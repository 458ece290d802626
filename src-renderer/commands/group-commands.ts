import { groupMembers, leaveGroup, setCollapsed, ungroup } from '../../src-shared/document/group-edits.ts';
import { addNote } from '../../src-shared/document/note-edits.ts';
import type { ModelGroup } from '../../src-shared/document/model-document.ts';
import { createId } from '../editor/ids.ts';
import type { Studio } from '../state/studio.svelte.ts';
import { needsModel, type Command } from './command.ts';

/** Notes on the canvas, and layers under one title. */
export function groupCommands(studio: Studio): Command[] {
  const { model, editor, steps } = studio;
  const elsewhere = needsModel(steps);
  const selection = () => [editor.selectedNodes, editor.selectedNotes] as const;
  const grouped = () => groupsSelected(studio);
  const command = (own: Omit<Command, 'group'>): Command => ({ ...own, group: 'Groups and notes' });
  return [
    command({
      id: 'note.add',
      title: 'Add a note',
      keys: ['Shift+T'],
      blocked: elsewhere,
      run: () => {
        const { change, noteId } = addNote(model.document, notePlace(studio), createId);
        model.perform(change);
        editor.select([], [], [noteId]);
        editor.writing = noteId;
      },
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
      run: () => {
        for (const { id } of grouped()) model.perform(ungroup(model.document, id));
      },
    }),
    command({
      id: 'group.fold',
      title: () => (grouped().some(({ collapsed }) => !collapsed) ? 'Collapse the group' : 'Expand the group'),
      keys: ['Alt+E'],
      blocked: () => elsewhere() ?? (grouped().length === 0 ? 'Select a group, or a layer of one, first.' : null),
      run: () => {
        const folds = grouped().some(({ collapsed }) => !collapsed);
        for (const { id } of grouped()) model.perform(setCollapsed(model.document, id, folds));
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
      blocked: () => elsewhere() ?? (withState(studio, false).length === 0 ? 'No group is expanded.' : null),
      run: () => foldAll(studio, true),
    }),
    command({
      id: 'group.expandAll',
      title: 'Expand all groups',
      blocked: () => elsewhere() ?? (withState(studio, true).length === 0 ? 'No group is collapsed.' : null),
      run: () => foldAll(studio, false),
    }),
  ];
}

/** Groups that have selected members, in the order of the document. */
export function groupsSelected({ model, editor }: Pick<Studio, 'model' | 'editor'>): readonly ModelGroup[] {
  const { nodes, notes = [], groups = [] } = model.document;
  if (groups.length === 0) return [];
  const chosen = new Set([...editor.selectedNodes, ...editor.selectedNotes]);
  const ids = new Set([...nodes, ...notes].filter(({ id }) => chosen.has(id)).map(({ group }) => group));
  return groups.filter(({ id }) => ids.has(id));
}

function withState({ model }: Studio, collapsed: boolean): readonly ModelGroup[] {
  return (model.document.groups ?? []).filter((group) => group.collapsed === collapsed);
}

function foldAll(studio: Studio, collapsed: boolean): void {
  for (const { id } of withState(studio, !collapsed)) {
    studio.model.perform(setCollapsed(studio.model.document, id, collapsed));
  }
  requestAnimationFrame(() => studio.editor.canvas?.fit());
}

/** Beside the selected layer, else in the middle of the canvas. */
function notePlace({ model, editor }: Studio) {
  const beside = model.document.nodes.find(({ id }) => id === editor.selectedNodes.at(-1));
  if (beside !== undefined) return { x: beside.position.x + 220, y: beside.position.y };
  const { x, y } = editor.canvas?.centre() ?? { x: 0, y: 0 };
  return { x: Math.round(x / 8) * 8, y: Math.round(y / 8) * 8 };
}
