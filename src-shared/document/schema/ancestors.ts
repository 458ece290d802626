import type { ModelDocument } from './model-document.ts';

/** Ids of the nodes and of all nodes that they depend on, in document order. */
export function withAncestors(document: Pick<ModelDocument, 'nodes' | 'edges'>, nodeIds: readonly string[]): string[] {
  const sources = Map.groupBy(document.edges, (edge) => edge.target);
  const found = new Set(nodeIds);
  const pending = [...nodeIds];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const { source } of sources.get(id) ?? []) {
      if (found.has(source)) continue;
      found.add(source);
      pending.push(source);
    }
  }
  return document.nodes.filter(({ id }) => found.has(id)).map(({ id }) => id);
}
