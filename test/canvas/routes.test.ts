import { describe, expect, it } from 'vitest';
import { CARD } from '../../src-shared/document/edits/edits.ts';
import type { FlowDirection } from '../../src-shared/document/geometry/flow-direction.ts';
import { edgePath } from '../../src-shared/canvas/layout/edge-path.ts';
import { endOffsets } from '../../src-shared/canvas/layout/end-offsets.ts';
import { wrapped } from '../../src-shared/canvas/layout/wrap.ts';
import { routesOf } from '../../src-shared/canvas/layout/routes.ts';
import { drawnPorts } from '../../src-shared/layers/catalog/connecting.ts';
import { arranged, graphOf, placesOf, randomGraph, uNet, withPorts, type Graph } from '../support/graphs.ts';
import { seedsOf } from '../support/portion.ts';

/** Points sampled along a path of `M`, `C` and `L`. */
function pointsOf(path: string): [number, number][] {
  const points: [number, number][] = [];
  for (const [, kind, text] of path.matchAll(/([MCL])([^MCL]*)/g)) {
    const numbers = text!.split(' ').map(Number);
    if (kind === 'M') points.push([numbers[0]!, numbers[1]!]);
    else {
      const from = points.at(-1)!;
      const [x, y] = [0, 1].map((axis) => [from[axis]!, ...numbers.filter((_, i) => i % 2 === axis)]);
      for (let step = 1; step <= 60; step++) points.push([along(x!, step / 60), along(y!, step / 60)]);
    }
  }
  return points;
}

/** Point on a Bézier curve, by De Casteljau's algorithm. */
function along(controls: number[], t: number): number {
  if (controls.length === 1) return controls[0]!;
  return along(
    controls.slice(1).map((value, i) => controls[i]! + (value - controls[i]!) * t),
    t,
  );
}

/** Sampled connections, as the canvas draws them. */
function drawn({ nodes, edges }: Graph, direction: FlowDirection) {
  const places = placesOf({ nodes, edges });
  const routes = routesOf(places, edges, direction);
  return edges.map(({ id, source, target }) => {
    const [from, to] = [places.get(source)!, places.get(target)!];
    const path =
      direction === 'down'
        ? edgePath(
            { x: from.x + CARD.width / 2, y: from.y + CARD.height + 4 },
            { x: to.x + CARD.width / 2, y: to.y - 4 },
            direction,
            routes.get(id),
          )
        : edgePath(
            { x: from.x + CARD.width + 4, y: from.y + CARD.height / 2 },
            { x: to.x - 4, y: to.y + CARD.height / 2 },
            direction,
            routes.get(id),
          );
    return { id, source, target, points: pointsOf(path) };
  });
}

/** Connections that cross a card other than their ends: 'a-c over b'. */
function hidden(graph: Graph, direction: FlowDirection): string[] {
  return drawn(graph, direction).flatMap(({ id, source, target, points }) =>
    graph.nodes
      .filter((node) => node.id !== source && node.id !== target)
      .filter(({ position: { x, y } }) =>
        points.some((point) => point[0] > x && point[0] < x + CARD.width && point[1] > y && point[1] < y + CARD.height),
      )
      .map((node) => `${id} over ${node.id}`),
  );
}

function overlapping({ nodes }: Graph): string[] {
  return nodes.flatMap((a, i) =>
    nodes
      .slice(i + 1)
      .filter(
        (b) =>
          Math.abs(a.position.x - b.position.x) < CARD.width && Math.abs(a.position.y - b.position.y) < CARD.height,
      )
      .map((b) => `${a.id} ${b.id}`),
  );
}

/** Ids of the nodes that no other reads. */
function lastOf({ nodes, edges }: Graph): string[] {
  return nodes.filter(({ id }) => edges.every(({ source }) => source !== id)).map(({ id }) => id);
}

const seeds = seedsOf('routes', { quick: 40, ci: 80, soak: 400 });

describe.each(['down', 'right'] as const)('connections in flow direction %s', (direction) => {
  it.each(seeds)('cross no card in random graph %i, and cards do not overlap', (seed) => {
    const graph = arranged(randomGraph(seed, 12 + 3 * (seed % 40)), direction);
    expect(overlapping(graph)).toEqual([]);
    expect(hidden(graph, direction)).toEqual([]);
  });

  it.each(seeds)('cross no card in random graph %i in columns', (seed) => {
    const { nodes, edges } = randomGraph(seed, 10);
    const copies = Array.from({ length: 6 }, (_, copy) => copy);
    const ways = copies.flatMap((copy) => [
      ...edges.map(({ source, target }) => `${source}/${copy} ${target}/${copy}`),
      ...lastOf({ nodes, edges }).map((id) => `${id}/${copy} end/${copy}`),
      ...(copy === 0 ? [] : [`end/${copy - 1} n0/${copy}`]),
    ]);
    const long = graphOf(...ways);
    const laidOut = arranged(long, direction);
    const places = wrapped(placesOf(laidOut), long.edges, direction);
    const graph = { ...long, nodes: long.nodes.map((node) => ({ ...node, position: places.get(node.id)! })) };
    expect(overlapping(graph)).toEqual([]);
    expect(hidden(graph, direction)).toEqual([]);
  });

  it('use parallel lanes in a U-Net', () => {
    const { nodes, edges } = arranged(uNet(4), direction);
    expect(hidden({ nodes, edges }, direction)).toEqual([]);
    const routes = routesOf(placesOf({ nodes, edges }), edges, direction);
    const places = ['down3-up3', 'down2-up2', 'down1-up1', 'down0-up0'].map((id) =>
      routes.get(id)!.map((p) => p.across),
    );
    const first = (direction === 'down' ? CARD.width : CARD.height) + 16;
    expect(places).toEqual([[first], [first + 12], [first + 24], [first + 36]]);
    expect([...routes.keys()]).toHaveLength(4);
  });

  it('share one lane when they have the same source', () => {
    const { nodes, edges } = arranged(graphOf('a b c d e', 'a c', 'a d', 'a e'), direction);
    const routes = routesOf(placesOf({ nodes, edges }), edges, direction);
    expect(new Set([...routes.values()].flatMap((route) => route.map(({ across }) => across))).size).toBe(1);
    expect(routes.size).toBe(3);
  });
});

it('a connection to a named input passes cards on the side of the input', () => {
  for (const [input, other, side] of [
    ['a', 'b', -1],
    ['b', 'a', 1],
  ] as const) {
    const graph = arranged(withPorts(graphOf('in d a', 'in a'), 'Subtract', { in: input, d: other }), 'down');
    const offsets = endOffsets({ folded: [], edges: graph.edges }, drawnPorts({ ...graph, blocks: [] }), 'down');
    const places = placesOf(graph);
    const [passage] = routesOf(places, graph.edges, 'down', offsets).get('in-a')!;
    expect(Math.sign(passage!.across - (places.get('d')!.x + CARD.width / 2))).toBe(side);
  }
});

describe('connections without a given flow', () => {
  it('are routed around manually placed cards', () => {
    const { nodes, edges } = graphOf('a b', 'c', 'd');
    const places = { a: [0, 0], b: [60, 600], c: [20, 150], d: [-90, 400] } as const;
    const placed = nodes.map((node) => {
      const [x, y] = places[node.id as keyof typeof places];
      return { ...node, position: { x, y } };
    });
    expect(routesOf(placesOf({ nodes: placed, edges }), edges, 'down').size).toBe(1);
    expect(hidden({ nodes: placed, edges }, 'down')).toEqual([]);
  });

  it('are direct when no card is in the way', () => {
    const { nodes, edges } = graphOf('a b c');
    expect(routesOf(placesOf(arranged({ nodes, edges }, 'down')), edges, 'down').size).toBe(0);
    expect(edgePath({ x: 0, y: 0 }, { x: 10, y: 40 }, 'down')).toBe('M0 0C0 20 10 20 10 40');
  });

  it('are direct while an end is dragged past the route', () => {
    const route = [{ across: 200, from: 100, to: 300 }];
    expect(edgePath({ x: 0, y: 0 }, { x: 0, y: 400 }, 'down', route)).toContain('L200 300');
    expect(edgePath({ x: 0, y: 0 }, { x: 0, y: 250 }, 'down', route)).toBe('M0 0L0 250');
  });
});

describe('connections against the flow', () => {
  it.each(['down', 'right'] as const)(
    'are routed around the cards between their ends and around the ends, direction %s',
    (direction) => {
      const graph = arranged(graphOf('a b c d'), direction);
      const circle = { ...graph, edges: [...graph.edges, { id: 'back', source: 'd', target: 'b' }] };
      const back = drawn(circle, direction).find(({ id }) => id === 'back')!;
      const over = circle.nodes.filter(({ position: { x, y } }) =>
        back.points.some(([px, py]) => px > x && px < x + CARD.width && py > y && py < y + CARD.height),
      );
      expect(over).toEqual([]);
      const [start, end] = [back.points[0]!, back.points.at(-1)!];
      const axis = direction === 'down' ? 1 : 0;
      expect(back.points[5]![axis]).toBeGreaterThan(start[axis]);
      expect(back.points.at(-5)![axis]).toBeLessThan(end[axis]);
    },
  );

  it('share one lane with another connection of the same cards', () => {
    const graph = arranged(graphOf('a b c d'), 'down');
    const back = ['1', '2'].map((id) => ({ id, source: 'd', target: 'b' }));
    const routes = routesOf(placesOf(graph), [...graph.edges, ...back], 'down');
    expect(routes.get('2')).toEqual(routes.get('1'));
    expect(routes.size).toBe(2);
  });

  it('use separate lanes, at a distance from other connections', () => {
    const graph = arranged(graphOf('a b c d', 'a d'), 'down');
    const back = ['b', 'a'].map((target) => ({ id: `back ${target}`, source: 'd', target }));
    const other = { id: 'other', source: 'c', target: 'a' };
    const routes = routesOf(placesOf(graph), [...graph.edges, ...back, other], 'down');
    const lanes = [...routes.values()].flatMap((route) => route.map(({ across }) => across));
    const gaps = lanes.flatMap((a, i) => lanes.slice(i + 1).map((b) => Math.abs(a - b)));
    expect(routes.size).toBe(4);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(12);
  });
});
