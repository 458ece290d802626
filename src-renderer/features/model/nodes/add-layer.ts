import { INPUT, OUTPUT, isOutput } from '../../../../src-shared/document/schema/ends.ts';
import { BLOCK_INPUT, BLOCK_OUTPUT } from '../../../../src-shared/document/schema/blocks.ts';
import { axisOf } from '../../../../src-shared/document/geometry/axis.ts';
import { addNode, CARD, createNode, type Position } from '../../../../src-shared/document/edits/edits.ts';
import { flowDirection } from '../../../../src-shared/document/geometry/flow-direction.ts';
import { addNodeAfter, insertOnEdge } from '../../../../src-shared/document/geometry/insert-edits.ts';
import type { ModelDocument, ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import type { Change } from '../../../../src-shared/document/history/operations.ts';
import { layerCatalog, traitsOf } from '../../../../src-shared/layers/catalog/catalog.ts';
import { createId } from '../../../state/ids.ts';

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
  const after = kind === INPUT || kind === BLOCK_INPUT ? null : anchorOf(document, selected);
  const targets = document.edges.flatMap(({ source, target }) => (source === after ? target : []));
  const made = withActivation(document, node, targets);
  const change = after === null ? addNode(document, made) : addNodeAfter(document, after, made, createId);
  return { change, nodeId: node.id };
}

/**
 * Adds a layer where it was dropped: into an edge, or free.
 * @param into The layer that a free one will be connected to.
 */
export function dropLayer(
  document: ModelDocument,
  kind: string,
  position: Position,
  edgeId: string | null,
  into?: string,
): Added {
  const at = { x: position.x - CARD.width / 2, y: position.y - CARD.height / 2 };
  const node = createNode(document, kind, snapped(at), createId);
  const target = document.edges.find(({ id }) => id === edgeId)?.target ?? into;
  const made = withActivation(document, node, target === undefined ? [] : [target]);
  const change = edgeId === null ? addNode(document, made) : insertOnEdge(document, edgeId, made, createId);
  return { change, nodeId: node.id };
}

/**
 * A hidden layer with a kernel gets ReLU, without which several of them learn no more than one.
 * One before an Output stays as it is, for its activation follows from the goal, and so does one
 * whose activation is a separate layer.
 *
 * @param targets Layers that will read it.
 */
function withActivation(document: ModelDocument, node: ModelNode, targets: readonly string[]): ModelNode {
  const { hidden } = traitsOf(node);
  if (hidden === undefined || targets.some((target) => endsLinear(document, target))) return node;
  return { ...node, params: { ...node.params, ...hidden } };
}

/** True of an Output or an activation, reached through layers that keep values in their place. */
function endsLinear(document: ModelDocument, nodeId: string): boolean {
  const nodes = new Map(document.nodes.map((node) => [node.id, node]));
  const pending = [nodeId];
  const seen = new Set(pending);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const kind = nodes.get(id)?.kind ?? '';
    const family = layerCatalog.get(kind)?.family;
    if (kind === OUTPUT || family === 'activation') return true;
    if (family !== 'normalization' && family !== 'regularization') continue;
    for (const { source, target } of document.edges) {
      if (source !== id || seen.has(target)) continue;
      seen.add(target);
      pending.push(target);
    }
  }
  return false;
}

/** The node to add after; null if there is none. */
export function anchorOf(document: ModelDocument, selected: readonly string[]): string | null {
  const chosen = lastOf(document, selected) ?? lastNode(document);
  if (chosen === undefined) return null;
  if (!isOutput(chosen) && chosen.kind !== BLOCK_OUTPUT) return chosen.id;
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
