import type { ModelDocument, ModelEdge } from './model-document.ts';

type Graph = Pick<ModelDocument, 'nodes' | 'edges'>;

/** Ids of the nodes and of all nodes that they depend on, in document order. */
export const withAncestors = (graph: Graph, nodeIds: readonly string[]): string[] =>
  inDocumentOrder(graph, reached(graph.edges, nodeIds, 'target', 'source'));

/** Ids of the nodes and of all nodes that depend on them, in document order. */
export const withDescendants = (graph: Graph, nodeIds: readonly string[]): string[] =>
  inDocumentOrder(graph, reached(graph.edges, nodeIds, 'source', 'target'));

/** Ids of the nodes and of all nodes on paths from one of them to another, in document order. */
export function withBetween(graph: Graph, nodeIds: readonly string[]): string[] {
  const after = reached(graph.edges, nodeIds, 'source', 'target');
  return withAncestors(graph, nodeIds).filter((id) => after.has(id));
}

type End = 'source' | 'target';

/** The ids, and all that edges lead to from these, from the end `from` to the end `to`. */
export function reached(edges: readonly ModelEdge[], nodeIds: readonly string[], from: End, to: End): Set<string> {
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
  return found;
}

function inDocumentOrder({ nodes }: Graph, ids: ReadonlySet<string>): string[] {
  return nodes.filter(({ id }) => ids.has(id)).map(({ id }) => id);
}
