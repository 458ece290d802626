import type { ModelNode } from '../../document/schema/model-document.ts';
import { blockEnds } from '../../layers/definition/block-ends.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';

/** The last layer before an Output with this parameter; skips activations and regularization. */
export function layerBefore(graph: ModelGraph, output: ModelNode, parameter: string): ModelNode | null {
  let node = output;
  for (;;) {
    const edges = graph.incoming.get(node.id) ?? [];
    if (edges.length !== 1) return null;
    node = graph.nodes.get(edges[0]!.source)!;
    const definition = layerCatalog.get(node.kind);
    if (definition?.parameters.some((spec) => spec.name === parameter) === true) return node;
    const passesOn = definition?.family === 'activation' || definition?.family === 'regularization';
    if (!passesOn && !blockEnds.some(({ kind }) => kind === node.kind)) return null;
  }
}
