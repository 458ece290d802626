import { isOutput } from '../../document/schema/ends.ts';
import { axisOf } from '../../document/geometry/axis.ts';
import { flowDirection } from '../../document/geometry/flow-direction.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';
import { inInputOrder } from '../../layers/catalog/connecting.ts';

/** The graph of a document. */
export interface ModelGraph {
  /** Topological order; on a cycle, one node comes before its input. */
  readonly order: readonly ModelNode[];
  readonly nodes: ReadonlyMap<string, ModelNode>;
  /** Edges into each node whose source exists, in the order of its inputs. */
  readonly incoming: ReadonlyMap<string, readonly ModelEdge[]>;
  /** Nodes that an Output depends on, Outputs included. */
  readonly used: ReadonlySet<string>;
  /** Nodes whose weights an Output depends on. */
  readonly usedOwners: ReadonlySet<string>;
  readonly problems: readonly GraphProblem[];
}

/** "Dense 'fc1'". */
export function title(node: ModelNode): string {
  return node.name === '' ? node.kind : `${node.kind} '${node.name}'`;
}

/** Reads nodes and edges and checks ids, edges and cycles. Linear in the size of the document. */
export function readGraph(document: ModelDocument): ModelGraph {
  const problems: GraphProblem[] = [];
  const nodes = new Map<string, ModelNode>();
  for (const node of document.nodes) {
    if (nodes.has(node.id)) {
      const message = `Expected unique node ids; received '${node.id}' twice. Remove ${title(node)}.`;
      problems.push({ code: 'graph/duplicate-id', severity: 'error', nodeId: node.id, message, fixes: [] });
    } else {
      nodes.set(node.id, node);
    }
  }
  const edgesInto = new Map<string, ModelEdge[]>([...nodes.keys()].map((id) => [id, []]));
  for (const edge of document.edges) {
    const source = nodes.get(edge.source);
    const target = nodes.get(edge.target);
    if (source !== undefined && target !== undefined) edgesInto.get(target.id)!.push(edge);
    else problems.push(danglingEdge(edge, source ?? target));
  }
  const incoming = new Map([...nodes].map(([id, node]) => [id, inInputOrder(document, node, edgesInto.get(id)!)]));
  const { order, cycles } = sortNodes(nodes, incoming, document.edges);
  problems.push(...cycles);
  const outputs = order.filter(isOutput).map((node) => node.id);
  const used = ancestors(outputs, incoming);
  const usedOwners = new Set([...used].map((id) => nodes.get(id)!.weightsOf ?? id));
  return { order, nodes, incoming, used, usedOwners, problems };
}

function danglingEdge(edge: ModelEdge, end: ModelNode | undefined): GraphProblem {
  const where = end === undefined ? 'A connection' : `A connection of ${title(end)}`;
  return {
    code: 'graph/missing-node',
    severity: 'error',
    nodeId: end?.id ?? null,
    message: `${where} leads to a node that does not exist; expected both ends in the model. Remove the connection.`,
    fixes: [{ label: 'Remove the connection', action: 'remove-edge', params: { edgeId: edge.id } }],
  };
}

/** Depth-first search over inputs. An edge to a node that is still open closes a cycle. */
function sortNodes(
  nodes: ReadonlyMap<string, ModelNode>,
  incoming: ReadonlyMap<string, readonly ModelEdge[]>,
  edges: readonly ModelEdge[],
): { order: ModelNode[]; cycles: GraphProblem[] } {
  const order: ModelNode[] = [];
  const cycles: GraphProblem[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const start of nodes.keys()) {
    if (state.has(start)) continue;
    const path = [{ id: start, next: 0 }];
    state.set(start, 'open');
    while (path.length > 0) {
      const top = path.at(-1)!;
      const edge = incoming.get(top.id)![top.next++];
      if (edge === undefined) {
        state.set(top.id, 'done');
        order.push(nodes.get(top.id)!);
        path.pop();
      } else if (!state.has(edge.source)) {
        state.set(edge.source, 'open');
        path.push({ id: edge.source, next: 0 });
      } else if (state.get(edge.source) === 'open' && cycles.length < 10) {
        const from = path.findIndex((entry) => entry.id === edge.source);
        const circle = path.slice(from).map(({ id, next }) => incoming.get(id)![next - 1]!);
        cycles.push(cycleProblem(closingEdge(circle, nodes, edges), circle, nodes));
      }
    }
  }
  return { order, cycles };
}

/** The edge of a cycle to remove: the one that goes furthest backward in the drawing; else the newest. */
function closingEdge(
  circle: readonly ModelEdge[],
  nodes: ReadonlyMap<string, ModelNode>,
  edges: readonly ModelEdge[],
): ModelEdge {
  const members = circle.map(({ target }) => nodes.get(target)!);
  const { along } = axisOf(flowDirection({ nodes: members, edges: [...circle] }));
  const back = ({ source, target }: ModelEdge) =>
    Math.max(0, nodes.get(source)!.position[along] - nodes.get(target)!.position[along]);
  const age = new Map(edges.map((edge, index) => [edge, index]));
  return circle.reduce((best, edge) => {
    const further = back(edge) - back(best);
    return further > 0 || (further === 0 && age.get(edge)! > age.get(best)!) ? edge : best;
  });
}

/** @param circle Edges of the cycle in reverse order. */
function cycleProblem(
  closing: ModelEdge,
  circle: readonly ModelEdge[],
  nodes: ReadonlyMap<string, ModelNode>,
): GraphProblem {
  const forward = circle.toReversed();
  const start = forward.indexOf(closing);
  const inOrder = [...forward.slice(start), ...forward.slice(0, start), closing];
  const nameOf = (id: string) => nodes.get(id)!.name || nodes.get(id)!.kind;
  const names = inOrder.map(({ target }) => nameOf(target));
  const shown = names.length <= 8 ? names : [...names.slice(0, 4), '…', ...names.slice(-3)];
  return {
    code: 'graph/cycle',
    severity: 'error',
    nodeId: closing.source,
    message: `Expected connections that lead from Input to Output; received a cycle ${shown.join(' → ')}. Remove one of its connections.`,
    fixes: [
      {
        label: `Remove ${nameOf(closing.source)} → ${nameOf(closing.target)}`,
        action: 'remove-edge',
        params: { edgeId: closing.id },
      },
    ],
  };
}

function ancestors(start: readonly string[], incoming: ReadonlyMap<string, readonly ModelEdge[]>): Set<string> {
  const found = new Set(start);
  const pending = [...start];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const { source } of incoming.get(id) ?? []) {
      if (!found.has(source)) {
        found.add(source);
        pending.push(source);
      }
    }
  }
  return found;
}
