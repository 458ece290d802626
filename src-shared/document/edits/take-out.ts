import { removeEmptied } from '../schema/annotations.ts';
import type { ModelEdge } from '../schema/model-document.ts';
import { withSource } from '../schema/ports.ts';
import { handedOver } from '../schema/shared-layers.ts';
import type { Change, ModelGraphParts, Operation } from '../history/operations.ts';

/** Why layers cannot be removed with their input connected to their readers, as a message; null if they can. */
export function joinRefusal({ nodes, edges }: ModelGraphParts, nodeIds: readonly string[]): string | null {
  for (const { id, name } of nodes.filter((node) => nodeIds.includes(node.id))) {
    const count = edges.filter(({ target }) => target === id).length;
    if (count === 0) return `Expected one input of '${name}'; received none.`;
    if (count > 1) return `Expected one input of '${name}'; received ${count}.`;
  }
  return null;
}

/** Like `takeOut`, with a label for the command. */
export function deleteAndJoin(graph: ModelGraphParts, nodeIds: readonly string[]): Change | null {
  const change = takeOut(graph, nodeIds);
  return change === null ? null : { ...change, label: `${change.label.replace('Remove', 'Delete')} and join` };
}

/**
 * Removes layers with one input each and connects that input to their readers. Layers with several
 * inputs, or none, stay.
 * @returns Null if there is nothing to remove.
 */
export function takeOut(graph: ModelGraphParts, nodeIds: readonly string[]): Change | null {
  const { nodes, edges } = graph;
  const operations: Operation[] = [];
  let current: readonly ModelEdge[] = edges;
  const gone = nodes.filter(
    ({ id }) => nodeIds.includes(id) && edges.filter((edge) => edge.target === id).length === 1,
  );
  for (const { id } of gone) {
    const incoming = current.find((edge) => edge.target === id)!;
    const next = current.flatMap((edge): ModelEdge[] => {
      if (edge === incoming) return [];
      if (edge.source !== id) return [edge];
      return edge.target === incoming.source ? [] : [withSource(edge, incoming)];
    });
    const left = new Map(next.map((edge) => [edge.id, edge]));
    operations.push(
      ...current.flatMap((edge): Operation[] => {
        const now = left.get(edge.id);
        if (now === undefined) return [{ kind: 'removeEdge', edgeId: edge.id }];
        return now === edge ? [] : [{ kind: 'replaceEdge', edge: now }];
      }),
      { kind: 'removeNode', nodeId: id },
    );
    current = next;
  }
  if (gone.length === 0) return null;
  const ids = new Set(gone.map(({ id }) => id));
  const newOwners = handedOver(nodes, ids);
  if (newOwners.length > 0) operations.unshift({ kind: 'replaceNodes', nodes: newOwners });
  operations.push(...removeEmptied(graph, ids));
  return { label: gone.length === 1 ? `Remove '${gone[0]!.name}'` : `Remove ${gone.length} layers`, operations };
}
