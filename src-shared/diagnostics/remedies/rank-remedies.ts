import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';

/**
 * Ways from several rows an example to one, the one that keeps most of the model's meaning first:
 * a recurrent layer that returns its last step alone, the mean over steps or pixels, all values in
 * one row.
 *
 * @param at Where a layer is inserted: before it the rows become one.
 * @param rank Of the model's end, the batch axis included.
 */
export function rankRemedies(graph: ModelGraph, output: ModelNode, at: ModelNode, rank: number): Fix[] {
  const recurrent = rank === 3 ? lastReturningSequences(graph, output) : null;
  const kinds = [...(rank >= 3 && rank <= 5 ? [`GlobalAveragePooling${rank - 2}D`] : []), 'Flatten'];
  const inserted = kinds.map((kind): Fix => ({
    label: `Insert ${kind} before ${title(at)}`,
    action: 'insert-before',
    params: { nodeId: at.id, kind, params: {} },
  }));
  return recurrent === null ? inserted.reverse() : [lastStepOnly(recurrent), ...inserted];
}

/** The nearest layer before the end that returns a row for every step. */
function lastReturningSequences(graph: ModelGraph, output: ModelNode): ModelNode | null {
  let node = output;
  for (;;) {
    const edges = graph.incoming.get(node.id) ?? [];
    if (edges.length !== 1) return null;
    node = graph.nodes.get(edges[0]!.source)!;
    if (node.params['returnSequences'] === true || insideOf(node)?.['returnSequences'] === true) return node;
    // What reads whole sequences itself would read another shape.
    if (layerCatalog.get(node.kind)?.family === 'recurrent') return null;
  }
}

function lastStepOnly(node: ModelNode): Fix {
  const label = `Turn off Return sequences of ${title(node)}`;
  const inside = insideOf(node);
  const [name, value]: [string, JsonValue] =
    inside === null
      ? ['returnSequences', false]
      : ['layer', { ...(node.params['layer'] as object), params: { ...inside, returnSequences: false } }];
  return { label, action: 'set-param', params: { nodeId: node.id, name, value } };
}

/** The parameters of the layer inside a wrapper. */
function insideOf(node: ModelNode): Record<string, JsonValue> | null {
  const layer = node.params['layer'];
  if (layer === undefined || layer === null || typeof layer !== 'object' || Array.isArray(layer)) return null;
  const { params } = layer;
  return params === undefined || params === null || typeof params !== 'object' || Array.isArray(params) ? null : params;
}
