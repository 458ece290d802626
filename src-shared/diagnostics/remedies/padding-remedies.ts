import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import { emitForward } from '../../compiler/forward/forward.ts';
import { title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { ProgramBuilder } from '../../program/builder/builder.ts';
import type { Shape } from '../../program/language/types.ts';

/** Limit of single layers to try; each trial emits all layers before the failing one. */
const MAX_TRIED = 6;

/**
 * Fixes that set same padding, for windows with valid padding that make sizes of branches differ or
 * are larger than their input: of the layer itself, of one layer before it, of all layers of one
 * branch, or of all branches. Every returned fix was tried and makes the layer valid.
 *
 * @param node A layer that rejects the shapes of its inputs.
 * @param shapeOf Shape of an Input; null if it is not known.
 */
export function paddingRemedies(
  graph: ModelGraph,
  node: ModelNode,
  shapeOf: (input: ModelNode) => Shape | null,
): Fix[] {
  const helps = (layers: readonly ModelNode[]): boolean => fitsPadded(graph, node, layers, shapeOf);
  if (isUnpadded(node)) return helps([node]) ? [padded([node])] : [];
  const sources = (graph.incoming.get(node.id) ?? []).map(({ source }) => source);
  if (sources.length < 2) return [];
  const branches = sources.map((source) => nodesBefore(graph, source).filter(isUnpadded));
  // Skip layers that all branches share.
  const own = branches.map((branch) => branch.filter((layer) => !branches.every((other) => other.includes(layer))));
  const all = [...new Set(own.flat())];
  const single = all
    .slice(0, MAX_TRIED)
    .map((layer) => [layer])
    .filter(helps);
  if (single.length > 0) return single.map(padded);
  const several = [...own, all].filter(({ length }) => length > 1).find(helps);
  return several === undefined ? [] : [padded(several)];
}

/** Whether the layer can be built if these layers have same padding. */
function fitsPadded(
  graph: ModelGraph,
  node: ModelNode,
  layers: readonly ModelNode[],
  shapeOf: (input: ModelNode) => Shape | null,
): boolean {
  const builder = new ProgramBuilder();
  const before = new Set(nodesBefore(graph, node.id));
  const order = graph.order
    .filter((one) => before.has(one))
    .map((one) => (layers.includes(one) ? { ...one, params: { ...one.params, padding: 'same' } } : one));
  const tried = emitForward({ ...graph, order }, builder, {
    input: (input) => {
      const shape = shapeOf(input);
      return shape === null ? null : builder.input(input.id, 'float32', shape);
    },
    training: false,
    seed: 0,
    step: null,
    prefix: ({ id }) => id,
  });
  return tried.outputs.has(node.id);
}

/** Whether the layer has valid padding and allows same padding. */
function isUnpadded({ kind, params }: ModelNode): boolean {
  const definition = layerCatalog.get(kind);
  const type = definition?.parameters.find(({ name }) => name === 'padding')?.type;
  if (definition === undefined || type?.kind !== 'choice' || !type.options.some(({ value }) => value === 'same')) {
    return false;
  }
  return resolveParameters(definition, params).values['padding'] === 'valid';
}

/** The node and all nodes that it depends on, in breadth-first order. */
function nodesBefore(graph: ModelGraph, last: string): ModelNode[] {
  const seen = new Set([last]);
  for (const id of seen) for (const { source } of graph.incoming.get(id) ?? []) seen.add(source);
  return [...seen].map((id) => graph.nodes.get(id)!);
}

function padded(layers: readonly ModelNode[]): Fix {
  const [first, ...more] = layers;
  if (more.length === 0) {
    const params = { nodeId: first!.id, name: 'padding', value: 'same' };
    return { label: `Use same padding in ${title(first!)}`, action: 'set-param', params };
  }
  const changes = layers.map(({ id }) => ({ nodeId: id, name: 'padding', value: 'same' }));
  return { label: `Use same padding in ${layers.length} layers`, action: 'set-params', params: { changes } };
}
