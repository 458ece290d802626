import { BLOCK, blockOf, blocksOf, usesOf } from '../schema/blocks.ts';
import { addNode, namesOf, type CreateId, type Position } from '../edits/edits.ts';
import { addNodeAfter, insertOnEdge } from '../geometry/insert-edits.ts';
import type { ModelBlock, ModelDocument, ModelNode } from '../schema/model-document.ts';
import { snakeCase, uniqueName } from '../schema/names.ts';
import type { Change, Operation } from '../history/operations.ts';

/** What a person does to blocks as a whole. */

/** A node that uses a block, with a free name. */
export function createBlockNode(
  document: ModelDocument,
  block: ModelBlock,
  position: Position,
  createId: CreateId,
): ModelNode {
  const name = uniqueName(snakeCase(block.name) || 'block', namesOf(document));
  return { id: createId(), kind: BLOCK, name, params: { block: block.id }, position, frozen: false };
}

/** Where a new Block node goes: after a node, into an edge, or free. */
export type Place = { readonly after: string } | { readonly edge: string } | null;

/** Uses a block in a graph; the definition comes along where the document has none of its id. */
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

/** Renames a block; its uses keep their names. Null where it is called so already. */
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

/** Deletes a block that nothing uses; null where something does. */
export function deleteBlock(document: ModelDocument, blockId: string): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  if (block === undefined || usesOf(document, blockId).length > 0) return null;
  return { label: `Delete block '${block.name}'`, operations: [{ kind: 'removeBlock', blockId }] };
}

/** Deletes every block that the model does without, in one step; null where there is none. */
export function deleteUnusedBlocks(document: ModelDocument): Change | null {
  const needed = new Set(blocksOf(document, document.nodes));
  const unused = document.blocks.filter((block) => !needed.has(block));
  if (unused.length === 0) return null;
  const label = unused.length === 1 ? `Delete block '${unused[0]!.name}'` : `Delete ${unused.length} unused blocks`;
  return { label, operations: unused.map(({ id }): Operation => ({ kind: 'removeBlock', blockId: id })) };
}

/** Gives one use of a block a definition of its own, to be changed without the others. */
export function detachBlock(document: ModelDocument, nodeId: string, createId: CreateId): Change | null {
  const node = document.nodes.find(({ id }) => id === nodeId);
  const block = node === undefined ? undefined : blockOf(document, node);
  if (node === undefined || block === undefined) return null;
  const name = uniqueName(block.name, new Set(document.blocks.map((other) => other.name)));
  const own: ModelBlock = { ...block, id: createId(), name };
  const index = document.blocks.indexOf(block) + 1;
  return {
    label: `Give '${node.name}' a block of its own`,
    operations: [
      { kind: 'insertBlock', index, block: own },
      { kind: 'replaceNodes', nodes: [{ ...node, params: { ...node.params, block: own.id } }] },
    ],
  };
}
