import { sameJson } from '../../text/same-json.ts';
import type { ModelDocument } from '../schema/model-document.ts';
import type { Change, Operation } from './operations.ts';

/** Puts another model's content in the place of this one's: one change, so that one undo brings all back. */
export function replaceContent(document: ModelDocument, next: ModelDocument, label: string): Change {
  const sameBlocks = next.blocks === document.blocks;
  const operations: Operation[] = [
    ...document.edges.map(({ id }): Operation => ({ kind: 'removeEdge', edgeId: id })),
    ...document.nodes.map(({ id }): Operation => ({ kind: 'removeNode', nodeId: id })),
    ...(document.notes ?? []).map(({ id }): Operation => ({ kind: 'removeNote', noteId: id })),
    ...(document.groups ?? []).map(({ id }): Operation => ({ kind: 'removeGroup', groupId: id })),
    ...(sameBlocks ? [] : document.blocks.map(({ id }): Operation => ({ kind: 'removeBlock', blockId: id }))),
    ...(sameBlocks ? [] : next.blocks.map((block, index): Operation => ({ kind: 'insertBlock', index, block }))),
    ...(next.groups ?? []).map((group, index): Operation => ({ kind: 'insertGroup', index, group })),
    ...(next.notes ?? []).map((note, index): Operation => ({ kind: 'insertNote', index, note })),
    ...next.nodes.map((node, index): Operation => ({ kind: 'insertNode', index, node })),
    ...next.edges.map((edge, index): Operation => ({ kind: 'insertEdge', index, edge })),
    ...(next.name === document.name ? [] : [{ kind: 'renameDocument', name: next.name } as const]),
  ];
  return { label, operations };
}

/**
 * Leads to another state of the same model: by what differs alone where both have the same parts in the same order.
 * @returns Null where both are the same.
 */
export function changeTo(document: ModelDocument, next: ModelDocument, label: string): Change | null {
  if (sameJson(document, next)) return null;
  const operations = replacements(document, next);
  return operations === null ? replaceContent(document, next, label) : { label, operations };
}

function replacements(document: ModelDocument, next: ModelDocument): Operation[] | null {
  const blocks = changedItems(document.blocks, next.blocks);
  const groups = changedItems(document.groups, next.groups);
  const notes = changedItems(document.notes, next.notes);
  const nodes = changedItems(document.nodes, next.nodes);
  const edges = changedItems(document.edges, next.edges);
  if (blocks === null || groups === null || notes === null || nodes === null || edges === null) return null;
  return [
    ...blocks.map((block): Operation => ({ kind: 'replaceBlock', block })),
    ...groups.map((group): Operation => ({ kind: 'replaceGroup', group })),
    ...(notes.length === 0 ? [] : [{ kind: 'replaceNotes', notes } as const]),
    ...(nodes.length === 0 ? [] : [{ kind: 'replaceNodes', nodes } as const]),
    ...edges.map((edge): Operation => ({ kind: 'replaceEdge', edge })),
    ...(next.name === document.name ? [] : [{ kind: 'renameDocument', name: next.name } as const]),
  ];
}

/** Those of the later items that differ; null where not the same ids stand in the same order. */
function changedItems<Item extends { readonly id: string }>(
  before: readonly Item[] = [],
  after: readonly Item[] = [],
): Item[] | null {
  if (before.length !== after.length || before.some(({ id }, index) => id !== after[index]!.id)) return null;
  return after.filter((item, index) => !sameJson(item, before[index]));
}
