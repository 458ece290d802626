import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';

/**
 * Fixes for a prediction with several rows per example, the one that changes the model least
 * first: a recurrent layer that returns only its last step, the mean over steps or pixels, Flatten.
 *
 * @param at The layer before which a layer is inserted.
 * @param rank Rank of the prediction, with batch axis.
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

/** The last layer that returns sequences. */
function lastReturningSequences(graph: ModelGraph, output: ModelNode): ModelNode | null {
  let node = output;
  for (;;) {
    const edges = graph.incoming.get(node.id) ?? [];
    if (edges.length !== 1) return null;
    node = graph.nodes.get(edges[0]!.source)!;
    if (node.params['returnSequences'] === true || insideOf(node)?.['returnSequences'] === true) return node;
    // A recurrent layer needs the sequences of the layers before it.
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

/** Parameters of the wrapped layer. */
function insideOf(node: ModelNode): Record<string, JsonValue> | null {
  const layer = node.params['layer'];
  if (layer === undefined || layer === null || typeof layer !== 'object' || Array.isArray(layer)) return null;
  const { params } = layer;
  return params === undefined || params === null || typeof params !== 'object' || Array.isArray(params) ? null : params;
}
