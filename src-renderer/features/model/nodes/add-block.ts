import { addBlock, createBlockNode, type Place } from '../../../../src-shared/document/blocks/block-edits.ts';
import { CARD, type Position } from '../../../../src-shared/document/edits/edits.ts';
import type { ModelBlock, ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import { blockFacts, type NodeFacts } from '../../../../src-shared/layers/catalog/node-facts.ts';
import { readyBlocks } from '../../../../src-shared/document/blocks/ready-blocks.ts';
import { anchorOf, type Added } from './add-layer.ts';
import { createId } from '../../../state/ids.ts';

/** Dragged in the place of a layer's kind: one of the document's blocks, or a ready-made one. */
export const blockKind = (block: ModelBlock): string => `block:${block.id}`;

/** The document's blocks, and ready-made ones that it does not have yet. */
export function offeredBlocks(
  document: ModelDocument,
): readonly { block: ModelBlock; own: boolean; facts: NodeFacts }[] {
  const known = new Set(document.blocks.map(({ id }) => id));
  return [...document.blocks, ...readyBlocks.filter(({ id }) => !known.has(id))].map((block) => ({
    block,
    own: known.has(block.id),
    facts: blockFacts(document, block),
  }));
}

/** Those of the offered blocks whose name has what was typed in it; all where nothing was. */
export function blocksNamed(document: ModelDocument, query: string): ReturnType<typeof offeredBlocks> {
  const word = query.trim().toLowerCase();
  return offeredBlocks(document).filter(({ block }) => `block ${block.name}`.toLowerCase().includes(word));
}

/** Adds a block where a layer of the palette would go. Null where `kind` is not that of a block. */
export function useBlock(
  document: ModelDocument,
  kind: string,
  selected: readonly string[],
  centre: Position,
): Added | null {
  const block = blockOfKind(document, kind);
  if (block === undefined) return null;
  const after = anchorOf(document, selected);
  return placed(document, block, centre, after === null ? null : { after });
}

/** Adds a block where it was dropped: into an edge, or free. Null where something else was dropped. */
export function dropBlock(
  document: ModelDocument,
  kind: string,
  position: Position,
  edgeId: string | null,
): Added | null {
  const block = blockOfKind(document, kind);
  if (block === undefined) return null;
  const at = { x: position.x - CARD.width / 2, y: position.y - CARD.height / 2 };
  return placed(document, block, at, edgeId === null ? null : { edge: edgeId });
}

function blockOfKind(document: ModelDocument, kind: string): ModelBlock | undefined {
  return [...document.blocks, ...readyBlocks].find((block) => blockKind(block) === kind);
}

function placed(document: ModelDocument, block: ModelBlock, { x, y }: Position, place: Place): Added {
  const at = { x: Math.round(x / 8) * 8, y: Math.round(y / 8) * 8 };
  const node = createBlockNode(document, block, at, createId);
  return { change: addBlock(document, block, node, place, createId), nodeId: node.id };
}
