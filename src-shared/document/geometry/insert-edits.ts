import { addNode, type CreateId } from '../edits/edits.ts';
import { isEnd } from '../schema/ends.ts';
import type { ModelDocument, ModelNode } from '../schema/model-document.ts';
import { withSource, withTarget } from '../schema/ports.ts';
import type { Change, Operation } from '../history/operations.ts';
import { cardOf, cardsBehind, freeAside, makeRoom, surroundingsOf, type Surroundings } from './room.ts';

/**
 * Adds a node after another: outgoing edges of `afterId` start at the new node, and a new edge
 * connects `afterId` to it. Following cards that it would cover are moved.
 */
export function addNodeAfter(document: ModelDocument, afterId: string, node: ModelNode, createId: CreateId): Change {
  const after = document.nodes.find((other) => other.id === afterId);
  if (after === undefined) return addNode(document, node);
  const next = document.edges.find((edge) => edge.source === afterId);
  const member = groupBetween(document, after, next?.target);
  const around = surroundingsOf(document, member.group);
  const card = cardOf(document, around, afterId);
  const behind = cardsBehind(around.shown.edges, card);
  const { along, size, gap } = around.axis;
  const start = around.places.get(card) ?? after.position;
  const position = freeAside(around, { ...start, [along]: start[along] + size + gap }, behind);
  const placed = { ...node, ...member, position };
  const redirected = document.edges
    .filter((edge) => edge.source === afterId)
    .map((edge): Operation => ({ kind: 'replaceEdge', edge: withSource(edge, { source: placed.id }) }));
  const edge = { id: createId(), source: afterId, target: placed.id };
  return {
    label: `Add '${node.name}'`,
    operations: [
      ...makeRoom(document, around, position, behind),
      { kind: 'insertNode', index: document.nodes.length, node: placed },
      ...redirected,
      { kind: 'insertEdge', index: document.edges.length, edge },
    ],
  };
}

/**
 * Inserts a node into an edge: the edge ends at the node, and a new one connects the node to the
 * target. The target and the cards after it move to make space. An Input or Output cannot be on an
 * edge and is placed next to it.
 */
export function insertOnEdge(document: ModelDocument, edgeId: string, node: ModelNode, createId: CreateId): Change {
  const isNew = !document.nodes.some((other) => other.id === node.id);
  const index = document.edges.findIndex((edge) => edge.id === edgeId);
  const edge = document.edges[index];
  const source = document.nodes.find((other) => other.id === edge?.source);
  if (edge === undefined || source === undefined) return addNode(document, node);
  const member = groupBetween(document, source, edge.target);
  const around = surroundingsOf(document, member.group);
  if (isEnd(node)) return putBeside(document, node, around);
  const [from, to] = [cardOf(document, around, edge.source), cardOf(document, around, edge.target)];
  const behind = cardsBehind(around.shown.edges, to).add(to);
  behind.delete(from);
  const { along, across, size, breadth, gap } = around.axis;
  const start = around.places.get(from) ?? source.position;
  const isBeside = Math.abs(start[across] - node.position[across]) >= breadth;
  const least = isBeside ? -Infinity : start[along] + size + gap;
  const wanted = { ...node.position, [along]: Math.max(node.position[along], least) };
  const position = freeAside(around, wanted, new Set(behind).add(node.id));
  const placed = { ...node, ...member, position };
  const onward = withSource({ ...edge, id: createId() }, { source: node.id });
  return {
    label: isNew ? `Insert '${node.name}'` : `Insert '${node.name}' between`,
    operations: [
      ...makeRoom(document, around, position, behind),
      isNew
        ? { kind: 'insertNode', index: document.nodes.length, node: placed }
        : { kind: 'replaceNodes', nodes: [placed] },
      // The new edge has the index of the old one among the target's inputs.
      { kind: 'insertEdge', index, edge: onward },
      { kind: 'replaceEdge', edge: withTarget(edge, { target: node.id }) },
    ],
  };
}

/** Places a node next to the connection, in free space. */
function putBeside(document: ModelDocument, node: ModelNode, around: Surroundings): Change {
  const { across, breadth, gapAcross } = around.axis;
  const aside = { ...node.position, [across]: node.position[across] + breadth + gapAcross };
  const placed = { ...node, position: freeAside(around, aside, new Set([node.id])) };
  const isNew = !document.nodes.some(({ id }) => id === node.id);
  if (isNew) return addNode(document, placed);
  return { label: `Move '${node.name}'`, operations: [{ kind: 'replaceNodes', nodes: [placed] }] };
}

/** A node between two members of a group becomes a member. */
function groupBetween({ nodes }: ModelDocument, source: ModelNode, target: string | undefined): { group?: string } {
  const { group } = source;
  return group !== undefined && nodes.find(({ id }) => id === target)?.group === group ? { group } : {};
}
