import { AppError } from '../../errors/app-error.ts';
import type { StepName } from './history.ts';
import { annotated } from '../schema/annotations.ts';
import type {
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelGroup,
  ModelNode,
  ModelNote,
  ModelWeights,
} from '../schema/model-document.ts';

/** The smallest edits of a model document. */
export type Operation =
  | GraphOperation
  | { readonly kind: 'renameDocument'; readonly name: string }
  /** Absent: the seed initializes all weights. */
  | { readonly kind: 'setWeights'; readonly weights: ModelWeights | undefined }
  | { readonly kind: 'insertBlock'; readonly index: number; readonly block: ModelBlock }
  | { readonly kind: 'removeBlock'; readonly blockId: string }
  /** Replaces the block with the same id. */
  | { readonly kind: 'replaceBlock'; readonly block: ModelBlock };

/** Edits the graph of the model, or of the block with the id `block`. */
export type GraphOperation = { readonly block?: string } & (
  | { readonly kind: 'insertNode'; readonly index: number; readonly node: ModelNode }
  /** The node must not have edges. */
  | { readonly kind: 'removeNode'; readonly nodeId: string }
  /** Replaces the nodes with the same ids. */
  | { readonly kind: 'replaceNodes'; readonly nodes: readonly ModelNode[] }
  | { readonly kind: 'insertEdge'; readonly index: number; readonly edge: ModelEdge }
  | { readonly kind: 'removeEdge'; readonly edgeId: string }
  | { readonly kind: 'replaceEdge'; readonly edge: ModelEdge }
  | { readonly kind: 'insertNote'; readonly index: number; readonly note: ModelNote }
  | { readonly kind: 'removeNote'; readonly noteId: string }
  | { readonly kind: 'replaceNotes'; readonly notes: readonly ModelNote[] }
  | { readonly kind: 'insertGroup'; readonly index: number; readonly group: ModelGroup }
  /** The group must not have members. */
  | { readonly kind: 'removeGroup'; readonly groupId: string }
  | { readonly kind: 'replaceGroup'; readonly group: ModelGroup }
);

/** The parts of a graph: of the model or of a block. */
export type ModelGraphParts = Pick<ModelDocument, 'nodes' | 'edges' | 'notes' | 'groups'>;

/** Operations that form one undo step. */
export interface Change extends StepName {
  readonly operations: readonly Operation[];
}

/**
 * Applies a change. Unchanged parts keep their identity.
 * @throws AppError `document/bad-change` if an operation refers to a missing item or would leave a dangling edge.
 */
export function applyChange(document: ModelDocument, { operations }: Change): ModelDocument {
  return operations.reduce(applyOperation, document);
}

function applyOperation(document: ModelDocument, operation: Operation): ModelDocument {
  const { blocks } = document;
  switch (operation.kind) {
    case 'renameDocument':
      return { ...document, name: operation.name };
    case 'setWeights': {
      const { weights: _weights, ...rest } = document;
      return annotated(operation.weights === undefined ? rest : { ...rest, weights: operation.weights }, document);
    }
    case 'insertBlock':
      return { ...document, blocks: inserted(blocks, operation.index, operation.block, 'block') };
    case 'removeBlock':
      return { ...document, blocks: removed(blocks, operation.blockId, 'block') };
    case 'replaceBlock':
      return { ...document, blocks: replaced(blocks, [operation.block], 'block') };
    default: {
      if (operation.block === undefined) return withGraph(document, applyToGraph(document, operation));
      const block = itemOf(blocks, operation.block, 'block');
      return { ...document, blocks: replaced(blocks, [withGraph(block, applyToGraph(block, operation))], 'block') };
    }
  }
}

function withGraph<Graph extends ModelGraphParts>(graph: Graph, changed: Partial<ModelGraphParts>): Graph {
  const whole = { ...graph, ...changed };
  return 'notes' in changed || 'groups' in changed ? annotated(whole, whole) : whole;
}

function applyToGraph(graph: ModelGraphParts, operation: GraphOperation): Partial<ModelGraphParts> {
  const { nodes, edges, notes = [], groups = [] } = graph;
  switch (operation.kind) {
    case 'insertNode':
      checkGroup(graph, operation.node);
      return { nodes: inserted(nodes, operation.index, operation.node, 'node') };
    case 'removeNode': {
      const { nodeId } = operation;
      const edge = edges.find(({ source, target }) => source === nodeId || target === nodeId);
      refuseIf(edge !== undefined, `node '${nodeId}' still has edge '${edge?.id}'`);
      return { nodes: removed(nodes, nodeId, 'node') };
    }
    case 'replaceNodes':
      for (const node of operation.nodes) checkGroup(graph, node);
      return { nodes: replaced(nodes, operation.nodes, 'node') };
    case 'insertEdge':
      checkEnds(graph, operation.edge);
      return { edges: inserted(edges, operation.index, operation.edge, 'edge') };
    case 'removeEdge':
      return { edges: removed(edges, operation.edgeId, 'edge') };
    case 'replaceEdge':
      checkEnds(graph, operation.edge);
      return { edges: replaced(edges, [operation.edge], 'edge') };
    case 'insertNote':
      checkGroup(graph, operation.note);
      return { notes: inserted(notes, operation.index, operation.note, 'note') };
    case 'removeNote':
      return { notes: removed(notes, operation.noteId, 'note') };
    case 'replaceNotes':
      for (const note of operation.notes) checkGroup(graph, note);
      return { notes: replaced(notes, operation.notes, 'note') };
    case 'insertGroup':
      return { groups: inserted(groups, operation.index, operation.group, 'group') };
    case 'removeGroup': {
      const { groupId } = operation;
      const member = [...nodes, ...notes].find(({ group }) => group === groupId);
      refuseIf(member !== undefined, `group '${groupId}' still has '${member?.id}'`);
      return { groups: removed(groups, groupId, 'group') };
    }
    case 'replaceGroup':
      return { groups: replaced(groups, [operation.group], 'group') };
  }
}

interface Item {
  readonly id: string;
}

function inserted<T extends Item>(items: readonly T[], index: number, item: T, what: string): T[] {
  refuseIf(
    items.some(({ id }) => id === item.id),
    `${what} '${item.id}' already exists`,
  );
  return items.toSpliced(index, 0, item);
}

function removed<T extends Item>(items: readonly T[], id: string, what: string): T[] {
  return items.toSpliced(items.indexOf(itemOf(items, id, what)), 1);
}

/** Replaces the items with the same ids. */
function replaced<T extends Item>(items: readonly T[], by: readonly T[], what: string): T[] {
  const ids = new Set(items.map(({ id }) => id));
  const missing = by.find(({ id }) => !ids.has(id));
  if (missing !== undefined) throw badChange(`${what} '${missing.id}' does not exist`);
  const byId = new Map(by.map((item) => [item.id, item]));
  return items.map((item) => byId.get(item.id) ?? item);
}

function itemOf<T extends Item>(items: readonly T[], id: string, what: string): T {
  const item = items.find((other) => other.id === id);
  if (item === undefined) throw badChange(`${what} '${id}' does not exist`);
  return item;
}

function checkGroup({ groups }: ModelGraphParts, { id, group }: ModelNode | ModelNote): void {
  if (group === undefined) return;
  refuseIf(groups?.some((other) => other.id === group) !== true, `the group '${group}' of '${id}' does not exist`);
}

function checkEnds(graph: ModelGraphParts, edge: ModelEdge): void {
  for (const end of [edge.source, edge.target]) {
    refuseIf(!graph.nodes.some((node) => node.id === end), `the node '${end}' of edge '${edge.id}' does not exist`);
  }
}

function refuseIf(condition: boolean, reason: string): void {
  if (condition) throw badChange(reason);
}

function badChange(reason: string): AppError {
  return new AppError('document/bad-change', `This change does not fit the model: ${reason}.`);
}
