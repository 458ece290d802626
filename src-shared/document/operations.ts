import { AppError } from '../contract/app-error.ts';
import type { ModelDocument, ModelEdge, ModelNode } from './model-document.ts';

/**
 * The smallest edits of a document. Every operation has an exact inverse, so that
 * doing and undoing leaves the very same JSON, order included.
 */
export type Operation =
  | { readonly kind: 'insertNode'; readonly index: number; readonly node: ModelNode }
  /** The node must have no edges left. */
  | { readonly kind: 'removeNode'; readonly nodeId: string }
  /** Replaces nodes by those of the same id: names, parameters, positions, freezing. */
  | { readonly kind: 'replaceNodes'; readonly nodes: readonly ModelNode[] }
  | { readonly kind: 'insertEdge'; readonly index: number; readonly edge: ModelEdge }
  | { readonly kind: 'removeEdge'; readonly edgeId: string }
  | { readonly kind: 'replaceEdge'; readonly edge: ModelEdge }
  | { readonly kind: 'renameDocument'; readonly name: string };

/** What a person did, in words, and the operations that do it. */
export interface Change {
  /** "Add Dense", "Freeze 12 layers". */
  readonly label: string;
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
    case 'insertNode': {
      const { node, index } = operation;
      refuseIf(
        document.nodes.some((other) => other.id === node.id),
        `node '${node.id}' is there already`,
      );
      return {
        document: { ...document, nodes: document.nodes.toSpliced(index, 0, node) },
        inverse: { kind: 'removeNode', nodeId: node.id },
      };
    }
    case 'removeNode': {
      const index = indexOf(document.nodes, operation.nodeId, 'node');
      const node = document.nodes[index]!;
      const edge = document.edges.find((other) => other.source === node.id || other.target === node.id);
      refuseIf(edge !== undefined, `node '${node.id}' still has edge '${edge?.id}'`);
      return {
        document: { ...document, nodes: document.nodes.toSpliced(index, 1) },
        inverse: { kind: 'insertNode', index, node },
      };
    }
    case 'replaceNodes':
      return replaceNodes(document, operation.nodes);
    case 'insertEdge': {
      const { edge, index } = operation;
      refuseIf(
        document.edges.some((other) => other.id === edge.id),
        `edge '${edge.id}' is there already`,
      );
      checkEnds(document, edge);
      return {
        document: { ...document, edges: document.edges.toSpliced(index, 0, edge) },
        inverse: { kind: 'removeEdge', edgeId: edge.id },
      };
    }
    case 'removeEdge': {
      const index = indexOf(document.edges, operation.edgeId, 'edge');
      return {
        document: { ...document, edges: document.edges.toSpliced(index, 1) },
        inverse: { kind: 'insertEdge', index, edge: document.edges[index]! },
      };
    }
    case 'replaceEdge': {
      const index = indexOf(document.edges, operation.edge.id, 'edge');
      checkEnds(document, operation.edge);
      return {
        document: { ...document, edges: document.edges.with(index, operation.edge) },
        inverse: { kind: 'replaceEdge', edge: document.edges[index]! },
      };
    }
    case 'renameDocument':
      return {
        document: { ...document, name: operation.name },
        inverse: { kind: 'renameDocument', name: document.name },
      };
  }
}

function replaceNodes(document: ModelDocument, nodes: readonly ModelNode[]) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const before: ModelNode[] = [];
  const replaced = document.nodes.map((node) => {
    const replacement = byId.get(node.id);
    if (replacement === undefined) return node;
    before.push(node);
    return replacement;
  });
  refuseIf(before.length !== byId.size, 'it replaces a node that is not there');
  return {
    document: { ...document, nodes: replaced },
    inverse: { kind: 'replaceNodes', nodes: before } as const,
  };
}

function checkEnds(document: ModelDocument, edge: ModelEdge): void {
  for (const end of [edge.source, edge.target]) {
    refuseIf(!document.nodes.some((node) => node.id === end), `edge '${edge.id}' would end at no node ('${end}')`);
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
