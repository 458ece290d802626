import type { ModelDocument } from './model-document.ts';

type Graph = Pick<ModelDocument, 'nodes' | 'edges'>;

/** Ids of the nodes and of all nodes that they depend on, in document order. */
export const withAncestors = (graph: Graph, nodeIds: readonly string[]): string[] =>
  reached(graph, nodeIds, 'target', 'source');

/** Ids of the nodes and of all nodes that depend on them, in document order. */
export const withDescendants = (graph: Graph, nodeIds: readonly string[]): string[] =>
  reached(graph, nodeIds, 'source', 'target');

/** Ids of the nodes and of all nodes on paths from one of them to another, in document order. */
export function withBetween(graph: Graph, nodeIds: readonly string[]): string[] {
  const after = new Set(withDescendants(graph, nodeIds));
  return withAncestors(graph, nodeIds).filter((id) => after.has(id));
}

type End = 'source' | 'target';

/** Follows edges from the end `from` to the end `to`. */
function reached({ nodes, edges }: Graph, nodeIds: readonly string[], from: End, to: End): string[] {
  const edgesAt = Map.groupBy(edges, (edge) => edge[from]);
  const found = new Set(nodeIds);
  const pending = [...nodeIds];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const { [to]: next } of edgesAt.get(id) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      pending.push(next);
    }
  }
  return nodes.filter(({ id }) => found.has(id)).map(({ id }) => id);
}
