import { traitsOf } from '../../layers/catalog/catalog.ts';
import { statisticsOf } from '../../data/feature-tensors.ts';
import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import type { ModelGraph } from '../graph/graph.ts';
import type { InputPart, ModelFeatures } from '../graph/inputs.ts';

/**
 * Sets mean and variance of every Normalization directly after an Input to those of the training
 * rows, unless they are set, as Keras's `adapt` does. Layers that share weights all have the values
 * of their owner's Input, or else of the first one's. Without data they are 0 and 1, so that shapes
 * are known. Features that are constant over the training rows are not scaled; Keras divides them by 1e-7.
 */
export function adaptNormalization(
  graph: ModelGraph,
  parts: ReadonlyMap<string, InputPart>,
  features: ModelFeatures | null,
): ModelGraph {
  const adapted = new Map<string, ModelNode['params']>();
  for (const node of graph.order) {
    if (traitsOf(node).adapts?.(node.params) !== true) continue;
    const edges = graph.incoming.get(node.id) ?? [];
    const part = edges.length === 1 ? parts.get(edges[0]!.source) : undefined;
    const owner = node.weightsOf ?? node.id;
    if (part === undefined || (owner !== node.id && adapted.has(owner))) continue;
    const known = features === null ? undefined : statisticsOf(features, part.tensor);
    const { mean, variance } = known ?? { mean: 0, variance: 1 };
    const chosen = (values: number | readonly number[]): JsonValue => {
      if (typeof values === 'number') return values;
      return part.places === null ? [...values] : part.places.map((place) => values[place] ?? 0);
    };
    const divisors = typeof variance === 'number' ? variance : variance.map((value) => (value === 0 ? 1 : value));
    const params = { ...node.params, mean: chosen(mean), variance: chosen(divisors) };
    adapted.set(owner, params);
  }
  if (adapted.size === 0) return graph;
  const replace = (node: ModelNode): ModelNode => {
    const params = adapted.get(node.weightsOf ?? node.id);
    return params === undefined ? node : { ...node, params };
  };
  return {
    ...graph,
    order: graph.order.map(replace),
    nodes: new Map([...graph.nodes].map(([id, node]) => [id, replace(node)])),
  };
}
