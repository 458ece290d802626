import { BLOCK_INPUT, BLOCK_OUTPUT } from '../../src-shared/document/blocks.ts';
import { axisOf } from '../../src-shared/document/axis.ts';
import { addNode, CARD, createNode, type Position } from '../../src-shared/document/edits.ts';
import { flowDirection } from '../../src-shared/document/flow-direction.ts';
import { addNodeAfter, insertOnEdge } from '../../src-shared/document/insert-edits.ts';
import type { ModelDocument } from '../../src-shared/document/model-document.ts';
import type { Change } from '../../src-shared/document/operations.ts';
import { createId } from './ids.ts';

export interface Added {
  readonly change: Change;
  readonly nodeId: string;
}

/**
 * Adds a layer where a person most likely wants it: after the selected one; before the
 * Output where that or nothing is selected; else at the end of the model.
 * @param centre Used where the model is empty.
 */
export function addLayer(document: ModelDocument, kind: string, selected: readonly string[], centre: Position): Added {
  const node = createNode(document, kind, snapped(centre), createId);
  const after = kind === 'Input' || kind === BLOCK_INPUT ? null : anchorOf(document, selected);
  const change = after === null ? addNode(document, node) : addNodeAfter(document, after, node, createId);
  return { change, nodeId: node.id };
}

/** Adds a layer where it was dropped: into an edge, or free. */
export function dropLayer(document: ModelDocument, kind: string, position: Position, edgeId: string | null): Added {
  const at = { x: position.x - CARD.width / 2, y: position.y - CARD.height / 2 };
  const node = createNode(document, kind, snapped(at), createId);
  const change = edgeId === null ? addNode(document, node) : insertOnEdge(document, edgeId, node, createId);
  return { change, nodeId: node.id };
}

/** The node to add after; null where there is none. */
export function anchorOf(document: ModelDocument, selected: readonly string[]): string | null {
  const chosen = lastOf(document, selected) ?? lastNode(document);
  if (chosen === undefined) return null;
  if (chosen.kind !== 'Output' && chosen.kind !== BLOCK_OUTPUT) return chosen.id;
  return document.edges.find((edge) => edge.target === chosen.id)?.source ?? null;
}

/** The last of some nodes that leads to no other of them. */
function lastOf({ nodes, edges }: ModelDocument, nodeIds: readonly string[]) {
  const chosen = new Set(nodeIds);
  const leading = new Set(edges.flatMap(({ source, target }) => (chosen.has(target) ? source : [])));
  const last = nodeIds.findLast((id) => !leading.has(id)) ?? nodeIds.at(-1);
  return nodes.find(({ id }) => id === last);
}

/** The furthest node along the drawing that leads nowhere. */
function lastNode(document: ModelDocument) {
  const { along } = axisOf(flowDirection(document));
  const sources = new Set(document.edges.map((edge) => edge.source));
  return document.nodes
    .filter((node) => !sources.has(node.id))
    .reduce<ModelDocument['nodes'][number] | undefined>(
      (last, node) => (last === undefined || node.position[along] > last.position[along] ? node : last),
      undefined,
    );
}

function snapped({ x, y }: Position): Position {
  return { x: Math.round(x / 8) * 8, y: Math.round(y / 8) * 8 };
}
