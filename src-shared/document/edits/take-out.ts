import { removeEmptied } from '../schema/annotations.ts';
import type { ModelEdge } from '../schema/model-document.ts';
import type { Change, ModelGraphParts, Operation } from '../history/operations.ts';

/** Why some layers cannot be deleted and what is around them joined; null where they can. */
export function joinRefusal({ nodes, edges }: ModelGraphParts, nodeIds: readonly string[]): string | null {
  for (const { id, name } of nodes.filter((node) => nodeIds.includes(node.id))) {
    const count = edges.filter(({ target }) => target === id).length;
    if (count === 0) return `Nothing leads to '${name}': there is nothing to join.`;
    if (count > 1) return `'${name}' has ${count} inputs: only what has one can be joined.`;
  }
  return null;
}

/** Deletes layers of one input each and connects what is before them with what is after. Null where there is none. */
export function deleteAndJoin(graph: ModelGraphParts, nodeIds: readonly string[]): Change | null {
  const change = takeOut(graph, nodeIds);
  return change === null ? null : { ...change, label: `${change.label.replace('Take out', 'Delete')} and join` };
}

/**
 * Removes layers and leads their input on to what read them, so that a chain stays a chain.
 * Layers with several inputs, or none, stay.
 * @returns Null where there is nothing to remove.
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
    const { source } = incoming;
    const next = current.flatMap((edge): ModelEdge[] => {
      if (edge === incoming) return [];
      if (edge.source !== id) return [edge];
      // What reads the input already goes on reading it once.
      const isRead = current.some((other) => other.source === source && other.target === edge.target);
      return isRead || edge.target === source ? [] : [{ ...edge, source }];
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
  operations.push(...removeEmptied(graph, new Set(gone.map(({ id }) => id))));
  return { label: gone.length === 1 ? `Take out '${gone[0]!.name}'` : `Take out ${gone.length} layers`, operations };
}
