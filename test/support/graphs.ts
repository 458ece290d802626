import type { Position } from '../../src-shared/document/edits/edits.ts';
import type { FlowDirection } from '../../src-shared/document/geometry/flow-direction.ts';
import type { ModelEdge, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { layout } from '../../src-shared/canvas/layout/layout.ts';
import { Dice } from './dice.ts';

/** Only layers and connections, for tests of positions. */
export interface Graph {
  readonly nodes: ModelNode[];
  readonly edges: ModelEdge[];
}

const node = (id: string): ModelNode => {
  return { id, kind: 'Dense', name: id, params: {}, position: { x: 0, y: 0 }, frozen: false };
};

/** `graphOf('a b c', 'a c')`: chains of layers by name. */
export function graphOf(...chains: readonly string[]): Graph {
  const ways = chains.map((chain) => chain.split(' '));
  const edges = ways.flatMap((way) => way.slice(1).map((target, i) => [way[i]!, target] as const));
  return {
    nodes: [...new Set(ways.flat())].map(node),
    edges: edges.map(([source, target]) => ({ id: `${source}-${target}`, source, target })),
  };
}

/** The graph whose node 'a' is of this kind, with the inputs that its sources lead to. */
export function withPorts({ nodes, edges }: Graph, kind: string, ports: Readonly<Record<string, string>>): Graph {
  return {
    nodes: nodes.map((each) => (each.id === 'a' ? { ...each, kind } : each)),
    edges: edges.map((edge) => (edge.target === 'a' ? { ...edge, targetPort: ports[edge.source]! } : edge)),
  };
}

/** Down to the bottleneck and up again, each level connected with its counterpart. */
export function uNet(depth: number): Graph {
  const levels = Array.from({ length: depth }, (_, i) => i);
  const down = levels.map((i) => `down${i}`);
  const up = levels.map((i) => `up${i}`).reverse();
  const skips = levels.map((i) => `down${i} up${i}`);
  return graphOf(['in', ...down, 'middle', ...up, 'out'].join(' '), ...skips);
}

/** Each layer reads one or two earlier layers, mostly the nearest ones. */
export function randomGraph(seed: number, count: number): Graph {
  const dice = new Dice(seed, 'layout');
  const reach = dice.from(2, 12);
  const chains = Array.from({ length: count - 1 }, (_, i) => {
    const sources = Array.from({ length: dice.from(1, 2) }, () => Math.max(0, i - dice.below(reach)));
    return [...new Set(sources)].map((source) => `n${source} n${i + 1}`);
  });
  return graphOf(...chains.flat());
}

export function placesOf({ nodes }: Graph): Map<string, Position> {
  return new Map(nodes.map(({ id, position }) => [id, position]));
}

export function arranged(graph: Graph, direction: FlowDirection): Graph {
  const places = layout(graph, direction);
  return { ...graph, nodes: graph.nodes.map((each) => ({ ...each, position: places.get(each.id)! })) };
}
