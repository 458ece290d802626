import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { connectionsByPort, type EdgeEnds, type InputPort } from '../../document/schema/ports.ts';
import { inputsOf } from './catalog.ts';
import { inputPorts } from './node-facts.ts';

type Graph = Pick<ModelDocument, 'nodes' | 'edges' | 'blocks'>;

/**
 * The ends of a new edge, or of a changed one, with the input of the target that it leads to. Null if
 * the target has no free input for it.
 * @param wanted Ends; without a `targetPort`, the first free input of the target.
 * @param edgeId The edge that gets these ends; absent: a new one.
 */
export function allowedEnds({ nodes, edges, blocks }: Graph, wanted: EdgeEnds, edgeId?: string): EdgeEnds | null {
  const { source, target, targetPort } = wanted;
  const node = nodes.find(({ id }) => id === target);
  if (node === undefined || source === target || nodes.every(({ id }) => id !== source)) return null;
  const others = edges.filter((edge) => edge.target === target && edge.id !== edgeId);
  const ports = inputPorts({ blocks }, node);
  if (ports === undefined) {
    // A second edge from the same source is useful only for layers that join several inputs.
    const isSecond = others.some((edge) => edge.source === source && edge.sourcePort === wanted.sourcePort);
    const { targetPort: _port, ...ends } = wanted;
    return isSecond && (inputsOf(node)?.max ?? 1) === 1 ? null : ends;
  }
  const { connected } = connectionsByPort(ports, others);
  const isFree = (index: number) => ports[index] !== undefined && connected[index] === undefined;
  const index =
    targetPort === undefined ? connected.indexOf(undefined) : ports.findIndex(({ name }) => name === targetPort);
  return isFree(index) ? { ...wanted, targetPort: ports[index]!.name } : null;
}

/** The edges into a node in the order of its inputs. Edges to an unknown or occupied input come last. */
export function inInputOrder(
  document: Pick<ModelDocument, 'blocks'>,
  node: ModelNode,
  edges: readonly ModelEdge[],
): readonly ModelEdge[] {
  const ports = edges.length === 0 ? undefined : inputPorts(document, node);
  if (ports === undefined) return edges;
  const { connected, refused } = connectionsByPort(ports, edges);
  return [...connected.filter((edge) => edge !== undefined), ...refused];
}

/** A named input as it is drawn, with the edge into it. */
export interface DrawnPort extends InputPort {
  readonly edge: ModelEdge | undefined;
}

/**
 * The named inputs that each node shows, by its id: those that it needs, all up to the last one with an
 * edge, and the next one. Nodes whose inputs have no names are absent.
 */
export function drawnPorts({ nodes, edges, blocks }: Graph): ReadonlyMap<string, readonly DrawnPort[]> {
  const named = nodes.flatMap((node) => {
    const ports = inputPorts({ blocks }, node);
    return ports === undefined ? [] : [{ node, ports }];
  });
  const incoming = named.length === 0 ? new Map<string, ModelEdge[]>() : Map.groupBy(edges, ({ target }) => target);
  const found = new Map<string, readonly DrawnPort[]>();
  for (const { node, ports } of named) {
    const { connected } = connectionsByPort(ports, incoming.get(node.id) ?? []);
    const least = inputsOf(node)?.min ?? ports.length;
    const last = connected.findLastIndex((edge) => edge !== undefined);
    const shown = ports.slice(0, Math.max(least, last + 2));
    found.set(
      node.id,
      shown.map((port, index) => ({ ...port, edge: connected[index] })),
    );
  }
  return found;
}
