import { AppError } from '../../errors/app-error.ts';
import { annotated } from '../schema/annotations.ts';
import type {
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelGroup,
  ModelNode,
  ModelNote,
} from '../schema/model-document.ts';

/**
 * The smallest edits of a document. Every operation has an exact inverse, so that
 * doing and undoing leaves the very same JSON, order included.
 */
export type Operation =
  | GraphOperation
  | { readonly kind: 'renameDocument'; readonly name: string }
  | { readonly kind: 'insertBlock'; readonly index: number; readonly block: ModelBlock }
  | { readonly kind: 'removeBlock'; readonly blockId: string }
  /** Replaces a block by another state of it, of the same id: its name, its parameters. */
  | { readonly kind: 'replaceBlock'; readonly block: ModelBlock };

/** Edits nodes, edges, notes and groups: the model's own, or those of the block named by `block`. */
export type GraphOperation = { readonly block?: string } & (
  | { readonly kind: 'insertNode'; readonly index: number; readonly node: ModelNode }
  /** The node must have no edges left. */
  | { readonly kind: 'removeNode'; readonly nodeId: string }
  /** Replaces nodes by those of the same id: names, parameters, positions, freezing. */
  | { readonly kind: 'replaceNodes'; readonly nodes: readonly ModelNode[] }
  | { readonly kind: 'insertEdge'; readonly index: number; readonly edge: ModelEdge }
  | { readonly kind: 'removeEdge'; readonly edgeId: string }
  | { readonly kind: 'replaceEdge'; readonly edge: ModelEdge }
  | { readonly kind: 'insertNote'; readonly index: number; readonly note: ModelNote }
  | { readonly kind: 'removeNote'; readonly noteId: string }
  | { readonly kind: 'replaceNotes'; readonly notes: readonly ModelNote[] }
  | { readonly kind: 'insertGroup'; readonly index: number; readonly group: ModelGroup }
  /** The group must have no members left. */
  | { readonly kind: 'removeGroup'; readonly groupId: string }
  | { readonly kind: 'replaceGroup'; readonly group: ModelGroup }
);

/** What is on one canvas: the model's own graph, or a block's. */
export type ModelGraphParts = Pick<ModelDocument, 'nodes' | 'edges' | 'notes' | 'groups'>;

/** What a person did, in words, and the operations that do it. */
export interface Change {
  /** "Add Dense", "Freeze 12 layers". */
  readonly label: string;
  /** How the label goes on, where that says what a gesture came to: " to 'hidden'". */
  readonly outcome?: string;
  readonly operations: readonly Operation[];
  /** Changes of the same gesture that follow each other are one undo step: 'param:dense:units'. */
  readonly gesture?: string;
}

/**
 * Applies a change. Parts that it does not touch keep their identity.
 * @returns The new document and the change that takes it back.
 * @throws AppError `document/bad-change` where an operation names what is not there, or would break an edge.
 */
export function applyChange(document: ModelDocument, change: Change): { document: ModelDocument; inverse: Change } {
  let current = document;
  const inverses: Operation[] = [];
  for (const operation of change.operations) {
    const applied = applyOperation(current, operation);
    current = applied.document;
    inverses.push(applied.inverse);
  }
  return { document: current, inverse: { ...change, operations: inverses.reverse() } };
}

function applyOperation(
  document: ModelDocument,
  operation: Operation,
): { document: ModelDocument; inverse: Operation } {
  switch (operation.kind) {
    case 'renameDocument':
      return {
        document: { ...document, name: operation.name },
        inverse: { kind: 'renameDocument', name: document.name },
      };
    case 'insertBlock': {
      const { block, index } = operation;
      refuseIf(
        document.blocks.some((other) => other.id === block.id),
        `block '${block.id}' is there already`,
      );
      return {
        document: { ...document, blocks: document.blocks.toSpliced(index, 0, block) },
        inverse: { kind: 'removeBlock', blockId: block.id },
      };
    }
    case 'removeBlock': {
      const index = indexOf(document.blocks, operation.blockId, 'block');
      return {
        document: { ...document, blocks: document.blocks.toSpliced(index, 1) },
        inverse: { kind: 'insertBlock', index, block: document.blocks[index]! },
      };
    }
    case 'replaceBlock': {
      const index = indexOf(document.blocks, operation.block.id, 'block');
      return {
        document: { ...document, blocks: document.blocks.with(index, operation.block) },
        inverse: { kind: 'replaceBlock', block: document.blocks[index]! },
      };
    }
    default:
      return operation.block === undefined
        ? onGraph(document, operation)
        : insideBlock(document, operation.block, operation);
  }
}

function onGraph(document: ModelDocument, operation: GraphOperation) {
  const { graph, inverse } = applyToGraph(document, operation);
  return { document: withGraph(document, graph), inverse };
}

function insideBlock(document: ModelDocument, blockId: string, operation: GraphOperation) {
  const index = indexOf(document.blocks, blockId, 'block');
  const block = document.blocks[index]!;
  const { graph, inverse } = applyToGraph(block, operation);
  return {
    document: { ...document, blocks: document.blocks.with(index, withGraph(block, graph)) },
    inverse: { ...inverse, block: blockId },
  };
}

function withGraph<Graph extends ModelGraphParts>(graph: Graph, changed: Partial<ModelGraphParts>): Graph {
  const whole = { ...graph, ...changed };
  return 'notes' in changed || 'groups' in changed ? annotated(whole, whole) : whole;
}

function applyToGraph(
  graph: ModelGraphParts,
  operation: GraphOperation,
): { graph: Partial<ModelGraphParts>; inverse: GraphOperation } {
  const { nodes, edges, notes = [], groups = [] } = graph;
  switch (operation.kind) {
    case 'insertNode': {
      const { node, index } = operation;
      refuseIf(
        nodes.some((other) => other.id === node.id),
        `node '${node.id}' is there already`,
      );
      checkGroup(graph, node);
      return {
        graph: { nodes: nodes.toSpliced(index, 0, node) },
        inverse: { kind: 'removeNode', nodeId: node.id },
      };
    }
    case 'removeNode': {
      const index = indexOf(nodes, operation.nodeId, 'node');
      const node = nodes[index]!;
      const edge = edges.find((other) => other.source === node.id || other.target === node.id);
      refuseIf(edge !== undefined, `node '${node.id}' still has edge '${edge?.id}'`);
      return { graph: { nodes: nodes.toSpliced(index, 1) }, inverse: { kind: 'insertNode', index, node } };
    }
    case 'replaceNodes':
      return replaceNodes(graph, operation.nodes);
    case 'insertEdge': {
      const { edge, index } = operation;
      refuseIf(
        edges.some((other) => other.id === edge.id),
        `edge '${edge.id}' is there already`,
      );
      checkEnds(graph, edge);
      return { graph: { edges: edges.toSpliced(index, 0, edge) }, inverse: { kind: 'removeEdge', edgeId: edge.id } };
    }
    case 'removeEdge': {
      const index = indexOf(edges, operation.edgeId, 'edge');
      return {
        graph: { edges: edges.toSpliced(index, 1) },
        inverse: { kind: 'insertEdge', index, edge: edges[index]! },
      };
    }
    case 'replaceEdge': {
      const index = indexOf(edges, operation.edge.id, 'edge');
      checkEnds(graph, operation.edge);
      return {
        graph: { edges: edges.with(index, operation.edge) },
        inverse: { kind: 'replaceEdge', edge: edges[index]! },
      };
    }
    case 'insertNote': {
      const { note, index } = operation;
      refuseIf(
        notes.some((other) => other.id === note.id),
        `note '${note.id}' is there already`,
      );
      checkGroup(graph, note);
      return {
        graph: { notes: notes.toSpliced(index, 0, note) },
        inverse: { kind: 'removeNote', noteId: note.id },
      };
    }
    case 'removeNote': {
      const index = indexOf(notes, operation.noteId, 'note');
      return {
        graph: { notes: notes.toSpliced(index, 1) },
        inverse: { kind: 'insertNote', index, note: notes[index]! },
      };
    }
    case 'replaceNotes': {
      const { all, before } = replaced(notes, operation.notes, 'note');
      for (const note of operation.notes) checkGroup(graph, note);
      return { graph: { notes: all }, inverse: { kind: 'replaceNotes', notes: before } };
    }
    case 'insertGroup': {
      const { group, index } = operation;
      refuseIf(
        groups.some((other) => other.id === group.id),
        `group '${group.id}' is there already`,
      );
      return {
        graph: { groups: groups.toSpliced(index, 0, group) },
        inverse: { kind: 'removeGroup', groupId: group.id },
      };
    }
    case 'removeGroup': {
      const index = indexOf(groups, operation.groupId, 'group');
      const group = groups[index]!;
      const member = [...nodes, ...notes].find((other) => other.group === group.id);
      refuseIf(member !== undefined, `group '${group.id}' still has '${member?.id}'`);
      return { graph: { groups: groups.toSpliced(index, 1) }, inverse: { kind: 'insertGroup', index, group } };
    }
    case 'replaceGroup': {
      const index = indexOf(groups, operation.group.id, 'group');
      return {
        graph: { groups: groups.with(index, operation.group) },
        inverse: { kind: 'replaceGroup', group: groups[index]! },
      };
    }
  }
}

function replaceNodes(graph: ModelGraphParts, nodes: readonly ModelNode[]) {
  const { all, before } = replaced(graph.nodes, nodes, 'node');
  for (const node of nodes) checkGroup(graph, node);
  return { graph: { nodes: all }, inverse: { kind: 'replaceNodes', nodes: before } as const };
}

/** Items with those of the same id replaced, and these as they were. */
function replaced<Item extends { readonly id: string }>(items: readonly Item[], by: readonly Item[], what: string) {
  const byId = new Map(by.map((item) => [item.id, item]));
  const before: Item[] = [];
  const all = items.map((item) => {
    const replacement = byId.get(item.id);
    if (replacement === undefined) return item;
    before.push(item);
    return replacement;
  });
  refuseIf(before.length !== byId.size, `it replaces a ${what} that is not there`);
  return { all, before };
}

function checkGroup({ groups }: ModelGraphParts, { id, group }: ModelNode | ModelNote): void {
  if (group === undefined) return;
  refuseIf(groups?.some((other) => other.id === group) !== true, `'${id}' would be in no group ('${group}')`);
}

function checkEnds(graph: ModelGraphParts, edge: ModelEdge): void {
  for (const end of [edge.source, edge.target]) {
    refuseIf(!graph.nodes.some((node) => node.id === end), `edge '${edge.id}' would end at no node ('${end}')`);
  }
}

function indexOf(items: readonly { id: string }[], id: string, what: string): number {
  const index = items.findIndex((item) => item.id === id);
  refuseIf(index < 0, `${what} '${id}' is not there`);
  return index;
}

function refuseIf(condition: boolean, reason: string): void {
  if (condition) throw new AppError('document/bad-change', `This change does not fit the model: ${reason}.`);
}
