import { unfreezeAll } from '../../document/blocks/block-freezing.ts';
import { graphOf } from '../../document/schema/blocks.ts';
import {
  addNode,
  connect,
  createNode,
  reconnect,
  remove,
  rename,
  setFrozen,
  setParameter,
  type CreateId,
} from '../../document/edits/edits.ts';
import { addNodeAfter, insertOnEdge } from '../../document/geometry/insert-edits.ts';
import { changeInside } from '../../document/history/inside-block.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import type { Change, Operation } from '../../document/history/operations.ts';
import type { Fix } from '../../document/schema/problem.ts';
import { withTarget } from '../../document/schema/ports.ts';
import { cardOf, freeAside, surroundingsOf } from '../../document/geometry/room.ts';
import { allowedEnds } from '../../layers/catalog/connecting.ts';
import { asKind, withValues } from '../../document/edits/set-values.ts';
import { separateWeights } from '../../document/edits/share-weights.ts';
import { takeOut } from '../../document/edits/take-out.ts';

/**
 * The change of the document for a fix, with the fix's label.
 * @returns Null if the fix no longer applies, or if it changes the data set or the training
 *   configuration instead.
 */
export function changeForFix(document: ModelDocument, fix: Fix, createId: CreateId): Change | null {
  const inside = fix.block ?? null;
  if (inside !== null && !document.blocks.some((block) => block.id === inside)) return null;
  const change = unlabelled(graphOf(document, inside), fix, createId);
  if (change === null) return null;
  return { label: fix.label, operations: changeInside(inside, change).operations };
}

function unlabelled(document: ModelDocument, fix: Fix, createId: CreateId): Change | null {
  switch (fix.action) {
    case 'set-param':
      return setParameter(document, [fix.params.nodeId], fix.params.name, fix.params.value);
    case 'reset-param':
      return setParameter(document, [fix.params.nodeId], fix.params.name, undefined);
    case 'rename':
      return rename(document, fix.params.nodeId, fix.params.name);
    case 'set-frozen':
      return setFrozen(document, fix.params.nodeIds, fix.params.frozen);
    case 'remove-node':
      return nonEmpty(remove(document, [fix.params.nodeId]));
    case 'take-out':
      return takeOut(document, [fix.params.nodeId]);
    case 'remove-edge':
      return nonEmpty(remove(document, [], [fix.params.edgeId]));
    case 'set-params':
      return replaced(fix.label, withValues(document.nodes, fix.params.changes));
    case 'replace-layer': {
      const { nodeId, kind } = fix.params;
      const node = document.nodes.find((other) => other.id === nodeId);
      return node === undefined ? null : replaced(fix.label, asKind(document, node, kind));
    }
    case 'edit-param':
    case 'scale-columns':
    case 'choose-data':
    case 'choose-loss':
    case 'move-goals':
    case 'remove-from-phase':
      return null;
    case 'connect': {
      const ends = allowedEnds(document, fix.params);
      return ends === null ? null : connect(document, ends, createId);
    }
    case 'free-port':
      return freePort(document, fix.params.edgeId);
    case 'join-inputs':
      return joinInputs(document, fix.params, createId);
    case 'insert-before':
      return insertBefore(document, fix.params, createId);
    case 'add-node':
      return addConnected(document, fix.params, createId);
    case 'separate-weights':
      return separateWeights(document, fix.params.nodeId);
    case 'unfreeze-all':
      return unfreezeAll(document);
  }
}

type InsertBefore = Extract<Fix, { action: 'insert-before' }>['params'];
type AddNode = Extract<Fix, { action: 'add-node' }>['params'];

function replaced(label: string, nodes: readonly ModelNode[]): Change | null {
  return nodes.length === 0 ? null : { label, operations: [{ kind: 'replaceNodes', nodes }] };
}

/** Inserts a new node before the target, on its first edge. */
function insertBefore(document: ModelDocument, params: InsertBefore, createId: CreateId): Change | null {
  const target = document.nodes.find((node) => node.id === params.nodeId);
  if (target === undefined) return null;
  const incoming = document.edges.filter((edge) => edge.target === target.id);
  const position = { x: target.position.x, y: target.position.y };
  const node = createNode(document, params.kind, position, createId, params.params);
  const [first] = incoming;
  if (first === undefined) return null;
  if (incoming.length === 1) return addNodeAfterOnEdge(document, first.id, first.source, node, createId);
  return insertOnEdge(document, first.id, node, createId);
}

/** Inserts on an edge and, if it is the source's only one, moves the following nodes as `addNodeAfter` does. */
function addNodeAfterOnEdge(
  document: ModelDocument,
  edgeId: string,
  sourceId: string,
  node: ModelDocument['nodes'][number],
  createId: CreateId,
): Change {
  const onlyEdge = document.edges.filter((edge) => edge.source === sourceId).length === 1;
  return onlyEdge ? addNodeAfter(document, sourceId, node, createId) : insertOnEdge(document, edgeId, node, createId);
}

/** Redirects all edges of a node to a new merging node, in the same order, and connects that to the node. */
function joinInputs(
  document: ModelDocument,
  { nodeId, kind }: Extract<Fix, { action: 'join-inputs' }>['params'],
  createId: CreateId,
): Change | null {
  const target = document.nodes.find((node) => node.id === nodeId);
  const [first, ...others] = document.edges.filter((edge) => edge.target === nodeId);
  if (target === undefined || first === undefined) return null;
  const joining = createNode(document, kind, target.position, createId);
  const inserted = insertOnEdge(document, first.id, joining, createId);
  const redirected = others.map((edge): Operation => ({
    kind: 'replaceEdge',
    edge: withTarget(edge, { target: joining.id }),
  }));
  return { label: inserted.label, operations: [...inserted.operations, ...redirected] };
}

function addConnected(document: ModelDocument, params: AddNode, createId: CreateId): Change | null {
  const from = document.nodes.find((node) => node.id === params.connectFrom);
  const to = document.nodes.find((node) => node.id === params.connectTo);
  const around = surroundingsOf(document, undefined);
  const { along, size, gap } = around.axis;
  const neighbour = from ?? to;
  const start = (neighbour && around.places.get(cardOf(document, around, neighbour.id))) ?? { x: 0, y: 0 };
  const step = neighbour === undefined ? 0 : neighbour === from ? size + gap : -size - gap;
  const position = freeAside(around, { ...start, [along]: start[along] + step }, new Set());
  const node = createNode(document, params.kind, position, createId, params.params);
  const added = addNode(document, node);
  const operations: Operation[] = [...added.operations];
  for (const [source, target] of [
    [from?.id, node.id],
    [node.id, to?.id],
  ]) {
    if (source === undefined || target === undefined) continue;
    const index = document.edges.length + operations.length - 1;
    operations.push({ kind: 'insertEdge', index, edge: { id: createId(), source, target } });
  }
  return { label: added.label, operations };
}

/** Removes the port from an edge, so that it leads to the first free input. */
function freePort(document: ModelDocument, edgeId: string): Change | null {
  const edge = document.edges.find(({ id }) => id === edgeId);
  if (edge === undefined) return null;
  const { id: _id, ...ends } = withTarget(edge, { target: edge.target });
  return reconnect(document, edgeId, ends);
}

function nonEmpty(change: Change): Change | null {
  return change.operations.length === 0 ? null : change;
}
