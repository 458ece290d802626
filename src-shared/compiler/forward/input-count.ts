import { isOutput } from '../../document/schema/ends.ts';
import type { ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { connectionsByPort, type InputPort } from '../../document/schema/ports.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { LayerInputs } from '../../layers/definition/layer.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import type { Shape } from '../../program/language/types.ts';
import { title } from '../graph/graph.ts';
import { portProblems } from '../graph/port-problems.ts';
import type { ModelGraph } from '../graph/graph.ts';

/** Merging layers offered for a layer with one input that has several connections. */
const JOINING = [
  { kind: 'Concatenate', needsEqualShapes: false },
  { kind: 'Add', needsEqualShapes: true },
] as const;

/** Problems of the ports of a layer's connections. */
export function inputPortProblems(
  graph: ModelGraph,
  node: ModelNode,
  { max, ports = [] }: LayerInputs,
): GraphProblem[] {
  const edges = graph.incoming.get(node.id) ?? [];
  const { connected, refused } = connectionsByPort(ports, edges);
  const named = refused.filter(({ targetPort }) => targetPort !== undefined);
  const problems = [
    ...portProblems(node, named, ports, ports.length === 0 || edges.length <= max),
    ...edges.filter(({ sourcePort }) => sourcePort !== undefined).map((edge) => sourcePortProblem(graph, node, edge)),
  ];
  const given = ports.filter((_, index) => connected[index] !== undefined);
  const skipped = ports.findIndex((_, index) => connected[index] === undefined);
  // Inputs are filled from the front.
  if (skipped >= 0 && skipped < given.length) problems.push(skippedInput(node, ports[skipped]!.label, given));
  return problems;
}

/** An input without a connection before one with a connection. */
function skippedInput(node: ModelNode, missing: string, given: readonly InputPort[]): GraphProblem {
  const received = given.map(({ label }) => `'${label}'`).join(' and ');
  return {
    code: 'graph/missing-input',
    severity: 'error',
    nodeId: node.id,
    message: `${title(node)} expected a connection to its input '${missing}'; received only ${received}. Connect a layer to '${missing}'.`,
    fixes: [],
  };
}

function sourcePortProblem(graph: ModelGraph, node: ModelNode, { id, source, sourcePort }: ModelEdge): GraphProblem {
  return {
    code: 'graph/unknown-port',
    severity: 'error',
    nodeId: node.id,
    message: `${title(node)} expected the only output of ${title(graph.nodes.get(source)!)}; received its output '${sourcePort}', which does not exist. Remove the connection.`,
    fixes: [{ label: 'Remove the connection', action: 'remove-edge', params: { edgeId: id } }],
  };
}

/**
 * Null if the number of connections into a layer is allowed.
 * @param shapeOf Output shape of a layer before it; null if it is not known.
 */
export function inputCountProblem(
  graph: ModelGraph,
  node: ModelNode,
  { min, max }: LayerInputs,
  shapeOf: (nodeId: string) => Shape | null,
): GraphProblem | null {
  const edges = graph.incoming.get(node.id) ?? [];
  const count = edges.length;
  if (count >= min && count <= max) return null;
  const about = { severity: 'error', nodeId: node.id } as const;
  if (count < min) {
    const message =
      count === 0
        ? `${title(node)} expected an input; received none. ${remedyOf(node)}`
        : `${title(node)} expected at least ${min} inputs; received ${count}. Connect another layer to it.`;
    return {
      ...about,
      code: 'graph/missing-input',
      message,
      fixes: [...connections(graph, node), ...removal(graph, node)],
    };
  }
  const shapes = edges.map(({ source }) => shapeOf(source));
  const joins = max === 1 ? joining(node, shapes) : [];
  const sources = edges.map(({ source }) => `'${graph.nodes.get(source)!.name}'`);
  const remedy = joins.length > 0 ? 'Join them before it, or remove' : 'Remove';
  const expected = max === 1 ? '1 input' : `at most ${max} inputs`;
  return {
    ...about,
    code: 'graph/too-many-inputs',
    message: `${title(node)} expected ${expected}; received ${count}, from ${listedShort(sources)}. ${remedy} ${count - max === 1 ? 'a connection' : `${count - max} of the connections`}.`,
    fixes: [
      ...joins,
      ...edges.slice(max).map((edge): Fix => ({
        label: `Remove the connection from ${title(graph.nodes.get(edge.source)!)}`,
        action: 'remove-edge',
        params: { edgeId: edge.id },
      })),
    ],
  };
}

function remedyOf(node: ModelNode): string {
  return isOutput(node) ? 'Connect the last layer to it.' : 'Connect a layer to it, or remove it.';
}

function listedShort(names: readonly string[]): string {
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)!}`;
}

/** Offers the only other layer without an outgoing connection. */
function connections(graph: ModelGraph, node: ModelNode): Fix[] {
  const read = new Set([...graph.incoming.values()].flat().map(({ source }) => source));
  const ends = graph.order.filter((other) => other.id !== node.id && !isOutput(other) && !read.has(other.id));
  const [end] = ends;
  if (end === undefined || ends.length > 1 || leadsTo(graph, node.id, end.id)) return [];
  return [{ label: `Connect ${title(end)} to it`, action: 'connect', params: { source: end.id, target: node.id } }];
}

/** Whether `to` depends on `from`. */
function leadsTo({ incoming }: ModelGraph, from: string, to: string): boolean {
  const seen = new Set([to]);
  const pending = [to];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (id === from) return true;
    for (const { source } of incoming.get(id) ?? []) {
      if (!seen.has(source)) pending.push(source);
      seen.add(source);
    }
  }
  return false;
}

/** Does not offer to remove the only Output: a model needs one. */
function removal(graph: ModelGraph, node: ModelNode): Fix[] {
  const isOnlyOutput = isOutput(node) && graph.order.filter(isOutput).length === 1;
  return isOnlyOutput ? [] : [{ label: `Remove ${title(node)}`, action: 'remove-node', params: { nodeId: node.id } }];
}

/** Merging layers that accept these shapes. */
function joining(node: ModelNode, shapes: readonly (Shape | null)[]): Fix[] {
  const known = shapes.filter((shape) => shape !== null);
  if (known.length < shapes.length) return [];
  const alike = known.every((shape) => shape.join() === known[0]!.join());
  return JOINING.flatMap(({ kind, needsEqualShapes }): Fix[] => {
    const definition = layerCatalog.get(kind)!;
    const fits = definition.check?.(resolveParameters(definition, {}).values, known) == null;
    if (!fits || (needsEqualShapes && !alike)) return [];
    return [{ label: `Join them with ${kind}`, action: 'join-inputs', params: { nodeId: node.id, kind } }];
  });
}
