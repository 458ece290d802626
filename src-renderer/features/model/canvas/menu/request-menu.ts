import { membersOf } from '../../../../../src-shared/document/schema/annotations.ts';
import type { Position } from '../../../../../src-shared/document/edits/edits.ts';
import type { Stores } from '../../../../state/stores.ts';
import type { MenuRequest, MenuSubject } from '../../../../state/editor-store.svelte.ts';

type Edited = Pick<Stores, 'model' | 'editor'>;

/**
 * The menu of what an element of the canvas shows. What is not selected is first: the menu is about
 * the selection.
 */
export function requestMenu(stores: Edited, element: Element, at: Position): MenuRequest {
  const id = element.closest('.svelte-flow__node, .svelte-flow__edge')?.getAttribute('data-id') ?? null;
  // Selected items are covered by the frame of the marquee.
  const caught = id === null && element.closest('.svelte-flow__selection-wrapper') !== null;
  return { on: caught ? 'layers' : subjectOf(stores, id), at };
}

function subjectOf({ model, editor }: Edited, id: string | null): MenuSubject {
  const { nodes, edges, notes = [], groups = [] } = model.document;
  const has = (items: readonly { readonly id: string }[]) => items.some((item) => item.id === id);
  if (id === null) return 'canvas';
  if (has(nodes)) {
    if (!editor.selectedNodes.includes(id)) editor.select([id]);
    return 'layers';
  }
  if (has(edges)) {
    if (!editor.selectedEdges.includes(id)) editor.select([], [id]);
    return 'connection';
  }
  if (has(notes)) {
    if (!editor.selectedNotes.includes(id)) editor.select([], [], [id]);
    return editor.selectedNodes.length > 0 ? 'layers' : 'note';
  }
  if (!has(groups)) return 'canvas';
  const members = membersOf(model.document, id);
  const [layers, words] = [members.nodes, members.notes].map((items) => items.map((item) => item.id));
  editor.select(layers ?? [], [], words ?? []);
  return 'group';
}
