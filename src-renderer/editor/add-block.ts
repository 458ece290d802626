import { addBlock, createBlockNode, type Place } from '../../src-shared/document/block-edits.ts';
import { CARD, type Position } from '../../src-shared/document/edits.ts';
import type { ModelBlock, ModelDocument } from '../../src-shared/document/model-document.ts';
import { readyBlocks } from '../../src-shared/document/ready-blocks.ts';
import { anchorOf, type Added } from './add-layer.ts';
import { createId } from './ids.ts';

/** Dragged in the place of a layer's kind: one of the document's blocks, or a ready-made one. */
export const blockKind = (block: ModelBlock): string => `block:${block.id}`;

/** Adds a block where a layer of the palette would go. */
export function useBlock(
  document: ModelDocument,
  block: ModelBlock,
  selected: readonly string[],
  centre: Position,
): Added {
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
  const block = [...document.blocks, ...readyBlocks].find((other) => blockKind(other) === kind);
  if (block === undefined) return null;
  const at = { x: position.x - CARD.width / 2, y: position.y - CARD.height / 2 };
  return placed(document, block, at, edgeId === null ? null : { edge: edgeId });
}

function placed(document: ModelDocument, block: ModelBlock, { x, y }: Position, place: Place): Added {
  const at = { x: Math.round(x / 8) * 8, y: Math.round(y / 8) * 8 };
  const node = createBlockNode(document, block, at, createId);
  return { change: addBlock(document, block, node, place, createId), nodeId: node.id };
}
