import { isEnd } from '../schema/ends.ts';
import type { ModelDocument } from '../schema/model-document.ts';
import {
  ownerOf,
  ownersIn,
  sharingFault,
  sharingNodes,
  usingWeightsOf,
  withOwnWeights,
} from '../schema/shared-layers.ts';
import type { Change, Operation } from '../history/operations.ts';
import { copyNodes, paste } from './clipboard.ts';
import { whatOf, type CreateId, type Position } from './edits.ts';

/** Why layers cannot be used again, as a message; null if they can. */
export function reuseRefusal({ nodes }: Pick<ModelDocument, 'nodes'>, nodeIds: readonly string[]): string | null {
  const chosen = nodes.filter(({ id }) => nodeIds.includes(id));
  const end = chosen.find(isEnd);
  if (end !== undefined) return `${end.kind} '${end.name}' cannot be used again. Select only layers.`;
  return chosen.length === 0 ? 'Select a layer first.' : null;
}

/**
 * Adds further calls of layers, with the connections between them, moved by `offset`. They use the
 * weights of the layers.
 * @returns The change and the new nodes' ids, to select them.
 */
export function reuse(
  document: ModelDocument,
  nodeIds: readonly string[],
  offset: Position,
  createId: CreateId,
): { change: Change; nodeIds: string[] } | null {
  const fragment = reuseRefusal(document, nodeIds) === null ? copyNodes(document, nodeIds) : null;
  if (fragment === null) return null;
  const owners = fragment.nodes.map(({ id }) =>
    ownerOf(
      document.nodes,
      document.nodes.find((node) => node.id === id)!,
    ),
  );
  const pasted = paste(document, fragment, offset, createId);
  const ownerOfNew = new Map(pasted.nodeIds.map((id, index) => [id, owners[index]!]));
  const operations = pasted.change.operations.map((operation): Operation =>
    operation.kind === 'insertNode'
      ? { ...operation, node: usingWeightsOf(operation.node, ownerOfNew.get(operation.node.id)!.id) }
      : operation,
  );
  return { change: { label: `Use ${whatOf(fragment.nodes, [])} again`, operations }, nodeIds: pasted.nodeIds };
}

/** Why layers cannot share weights, as a message; null if they can. */
export function shareRefusal({ nodes }: Pick<ModelDocument, 'nodes'>, nodeIds: readonly string[]): string | null {
  const [first, ...others] = nodes.filter(({ id }) => nodeIds.includes(id));
  if (first === undefined || others.length === 0) return 'Select two or more layers of one kind.';
  const owner = ownerOf(nodes, first);
  const faulty = [first, ...others].find((node) => sharingFault(node, owner) !== null);
  if (faulty !== undefined) {
    return `'${faulty.name}' cannot share weights with '${owner.name}': expected ${sharingFault(faulty, owner)}.`;
  }
  return others.every((node) => ownerOf(nodes, node) === owner) ? 'These layers share their weights.' : null;
}

/** Makes layers, and all layers that share their weights, use the weights and values of the first one; null if they cannot. */
export function shareWeights(document: Pick<ModelDocument, 'nodes'>, nodeIds: readonly string[]): Change | null {
  if (shareRefusal(document, nodeIds) !== null) return null;
  const { nodes } = document;
  const owners = nodes.filter(({ id }) => nodeIds.includes(id)).map(ownersIn(nodes));
  const owner = owners[0]!;
  const sharing = new Set(owners.flatMap((each) => sharingNodes(nodes, each)));
  const changed = nodes.filter((node) => node !== owner && sharing.has(node));
  return {
    label: `Share the weights of '${owner.name}'`,
    operations: [{ kind: 'replaceNodes', nodes: changed.map((node) => usingWeightsOf(node, owner.id)) }],
  };
}

/** Gives a node that uses the weights of another its own weights; null if it already has own weights. */
export function separateWeights({ nodes }: Pick<ModelDocument, 'nodes'>, nodeId: string): Change | null {
  const node = nodes.find(({ id }) => id === nodeId);
  if (node?.weightsOf === undefined) return null;
  const label = `Use separate weights in '${node.name}'`;
  return { label, operations: [{ kind: 'replaceNodes', nodes: [withOwnWeights(node, ownerOf(nodes, node))] }] };
}
