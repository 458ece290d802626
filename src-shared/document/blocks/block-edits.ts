import { BLOCK, blockOf, blocksOf, usesOf } from '../schema/blocks.ts';
import { addNode, namesOf, type CreateId, type Position } from '../edits/edits.ts';
import { addNodeAfter, insertOnEdge } from '../geometry/insert-edits.ts';
import type { ModelBlock, ModelDocument, ModelNode } from '../schema/model-document.ts';
import { snakeCase, uniqueName } from '../schema/names.ts';
import { sharingNodes } from '../schema/shared-layers.ts';
import type { Change, Operation } from '../history/operations.ts';

/** Makes a Block node that uses a block, with a free name. */
export function createBlockNode(
  document: ModelDocument,
  block: ModelBlock,
  position: Position,
  createId: CreateId,
): ModelNode {
  const name = uniqueName(snakeCase(block.name) || 'block', namesOf(document));
  return { id: createId(), kind: BLOCK, name, params: { block: block.id }, position, frozen: false };
}

/** Where to insert a new Block node: after a node, into an edge, or unconnected (null). */
export type Place = { readonly after: string } | { readonly edge: string } | null;

/** Adds a Block node, and the block's definition if the document does not have it. */
export function addBlock(
  document: ModelDocument,
  block: ModelBlock,
  node: ModelNode,
  place: Place,
  createId: CreateId,
): Change {
  const added =
    place === null
      ? addNode(document, node)
      : 'after' in place
        ? addNodeAfter(document, place.after, node, createId)
        : insertOnEdge(document, place.edge, node, createId);
  const known = document.blocks.some(({ id }) => id === block.id);
  const definition: Operation[] = known ? [] : [{ kind: 'insertBlock', index: document.blocks.length, block }];
  return { label: `Add '${block.name}'`, operations: [...definition, ...added.operations] };
}

/** Renames a block; Block nodes keep their names. Null if the name does not change. */
export function renameBlock(document: ModelDocument, blockId: string, name: string): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  if (block === undefined || block.name === name) return null;
  return {
    label: `Rename block '${block.name}'`,
    outcome: ` to '${name}'`,
    operations: [{ kind: 'replaceBlock', block: { ...block, name } }],
    gesture: `block-name:${blockId}`,
  };
}

/** Deletes an unused block; null if it is used. */
export function deleteBlock(document: ModelDocument, blockId: string): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  if (block === undefined || usesOf(document, blockId).length > 0) return null;
  return { label: `Delete block '${block.name}'`, operations: [{ kind: 'removeBlock', blockId }] };
}

/** Deletes all unused blocks; null if there are none. */
export function deleteUnusedBlocks(document: ModelDocument): Change | null {
  const needed = new Set(blocksOf(document, document.nodes));
  const unused = document.blocks.filter((block) => !needed.has(block));
  if (unused.length === 0) return null;
  const label = unused.length === 1 ? `Delete block '${unused[0]!.name}'` : `Delete ${unused.length} unused blocks`;
  return { label, operations: unused.map(({ id }): Operation => ({ kind: 'removeBlock', blockId: id })) };
}

/**
 * Copies the block of one Block node, and of those that share its weights, so that it can be changed
 * without the other uses.
 */
export function detachBlock(document: ModelDocument, nodeId: string, createId: CreateId): Change | null {
  const node = document.nodes.find(({ id }) => id === nodeId);
  const block = node === undefined ? undefined : blockOf(document, node);
  if (node === undefined || block === undefined) return null;
  const name = uniqueName(block.name, new Set(document.blocks.map((other) => other.name)));
  const own: ModelBlock = { ...block, id: createId(), name };
  const index = document.blocks.indexOf(block) + 1;
  const changed = sharingNodes(document.nodes, node).map((use) => ({
    ...use,
    params: { ...use.params, block: own.id },
  }));
  return {
    label: `Detach the block of '${node.name}'`,
    operations: [
      { kind: 'insertBlock', index, block: own },
      { kind: 'replaceNodes', nodes: changed },
    ],
  };
}
