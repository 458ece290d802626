import { removeEmptied } from './annotations.ts';
import type { ModelEdge } from './model-document.ts';
import type { Change, ModelGraphParts, Operation } from './operations.ts';

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
    const redirected = current.flatMap((edge) => (edge.source === id ? [{ ...edge, source: incoming.source }] : []));
    operations.push(
      ...redirected.map((edge): Operation => ({ kind: 'replaceEdge', edge })),
      { kind: 'removeEdge', edgeId: incoming.id },
      { kind: 'removeNode', nodeId: id },
    );
    current = current
      .filter((edge) => edge !== incoming)
      .map((edge) => redirected.find((other) => other.id === edge.id) ?? edge);
  }
  if (gone.length === 0) return null;
  operations.push(...removeEmptied(graph, new Set(gone.map(({ id }) => id))));
  return { label: gone.length === 1 ? `Take out '${gone[0]!.name}'` : `Take out ${gone.length} layers`, operations };
}
