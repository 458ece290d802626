import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { resolveParameters } from '../../layers/parameters/parameters.ts';
import { title } from '../graph/graph.ts';
import type { ModelGraph } from '../graph/graph.ts';

/** So many layers are tried at most: each costs a pass over the layers before. */
const MOST_TRIED = 6;

/**
 * Same padding where a window without padding makes sizes differ, or does not fit into what comes in: of the layer
 * itself, of one layer before it, of all of one branch, of all. Only what was found to help is offered.
 *
 * @param fits Whether the layer can be built once these layers have same padding.
 */
export function paddingRemedies(
  graph: ModelGraph,
  node: ModelNode,
  fits: (layers: ReadonlySet<string>) => boolean,
): Fix[] {
  if (isUnpadded(node)) return fits(new Set([node.id])) ? [padded([node])] : [];
  const sources = (graph.incoming.get(node.id) ?? []).map(({ source }) => source);
  if (sources.length < 2) return [];
  const branches = sources.map((source) => unpaddedBefore(graph, source));
  // What all inputs have in common shrinks all of them alike.
  const own = branches.map((branch) => branch.filter((layer) => !branches.every((other) => other.includes(layer))));
  const each = [...new Set(own.flat())].slice(0, MOST_TRIED).map((layer) => [layer]);
  const whole = own.filter(({ length }) => length > 1);
  const all = [...new Set(own.flat())];
  const found = each.filter((layers) => fits(idsOf(layers)));
  if (found.length > 0) return found.map(padded);
  return [...whole, ...(all.length > 1 ? [all] : [])]
    .filter((layers) => fits(idsOf(layers)))
    .slice(0, 1)
    .map(padded);
}

const idsOf = (layers: readonly ModelNode[]): Set<string> => new Set(layers.map(({ id }) => id));

/** Whether it is a convolution or a pooling that stays inside what comes in and could do otherwise. */
function isUnpadded({ kind, params }: ModelNode): boolean {
  const definition = layerCatalog.get(kind);
  const type = definition?.parameters.find(({ name }) => name === 'padding')?.type;
  if (definition === undefined || type?.kind !== 'choice' || !type.options.some(({ value }) => value === 'same')) {
    return false;
  }
  return resolveParameters(definition, params).values['padding'] === 'valid';
}

/** Layers without padding up to there, the nearest first. */
function unpaddedBefore(graph: ModelGraph, last: string): ModelNode[] {
  const seen = new Set([last]);
  for (const id of seen) for (const { source } of graph.incoming.get(id) ?? []) seen.add(source);
  return [...seen].map((id) => graph.nodes.get(id)!).filter(isUnpadded);
}

function padded(layers: readonly ModelNode[]): Fix {
  const [first, ...more] = layers;
  if (more.length === 0) {
    const params = { nodeId: first!.id, name: 'padding', value: 'same' };
    return { label: `Same padding in ${title(first!)}`, action: 'set-param', params };
  }
  const changes = layers.map(({ id }) => ({ nodeId: id, name: 'padding', value: 'same' }));
  return { label: `Same padding in ${layers.length} layers`, action: 'set-params', params: { changes } };
}
