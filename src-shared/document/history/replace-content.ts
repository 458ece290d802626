import { sameJson } from '../../text/same-json.ts';
import type { ModelDocument } from '../schema/model-document.ts';
import type { Change, Operation } from './operations.ts';

/** Replaces the whole content of a model in one change, so that one undo restores it. */
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
    ...(sameJson(next.weights, document.weights) ? [] : [{ kind: 'setWeights', weights: next.weights } as const]),
    ...(next.name === document.name ? [] : [{ kind: 'renameDocument', name: next.name } as const]),
  ];
  return { label, operations };
}
