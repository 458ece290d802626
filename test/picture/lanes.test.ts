import { describe, expect, it } from 'vitest';
import { CARD, type Position } from '../../src-shared/document/edits.ts';
import { layout, type FlowDirection } from '../../src-shared/document/layout.ts';
import type { ModelEdge, ModelNode } from '../../src-shared/document/model-document.ts';
import { connectionPath, entryOf, exitOf } from '../../src-shared/picture/connection.ts';
import { lanesOf } from '../../src-shared/picture/lanes.ts';
import { createRandom } from '../document/random-edits.ts';

type Graph = { nodes: ModelNode[]; edges: ModelEdge[] };

function graphOf(count: number, pairs: readonly (readonly [number, number])[]): Graph {
  const nodes = Array.from({ length: count }, (_, n): ModelNode => {
    return { id: `n${n}`, kind: 'Dense', name: `n${n}`, params: {}, position: { x: 0, y: 0 }, frozen: false };
  });
  return { nodes, edges: pairs.map(([from, to], i) => ({ id: `e${i}`, source: `n${from}`, target: `n${to}` })) };
}

/** A chain with shortcuts at random. */
function randomGraph(count: number, seed: number): Graph {
  const random = createRandom(seed);
  const pairs: [number, number][] = [];
  for (let n = 1; n < count; n += 1) {
    pairs.push([Math.max(0, n - 1 - Math.floor(random() * random() * 3)), n]);
    if (random() < 0.3) pairs.push([Math.floor(random() * n), n]);
  }
  return graphOf(count, pairs);
}

/** Points of a path of M, L and C commands. */
function pointsOf(path: string): Position[] {
  const points: Position[] = [];
  let [x, y] = [0, 0];
  for (const [, command, numbers] of path.matchAll(/([MLC])([^MLC]*)/g)) {
    const n = numbers!
      .trim()
      .split(/[\s,]+/)
      .map(Number) as [number, number, number, number, number, number];
    const [ex, ey] = n.slice(-2) as [number, number];
    const steps = command === 'M' ? 1 : 200;
    for (let step = 1; step <= steps; step += 1) {
      const t = step / steps;
      if (command === 'C') {
        const b = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3] as const;
        points.push({
          x: b[0] * x + b[1] * n[0] + b[2] * n[2] + b[3] * ex,
          y: b[0] * y + b[1] * n[1] + b[2] * n[3] + b[3] * ey,
        });
      } else points.push({ x: x + (ex - x) * t, y: y + (ey - y) * t });
    }
    [x, y] = [ex, ey];
  }
  return points;
}

/** Connections that are drawn behind a card which is not one of their ends. */
function hidden({ edges }: Graph, places: ReadonlyMap<string, Position>, direction: FlowDirection): string[] {
  const lanes = lanesOf(places, edges, direction);
  return edges.flatMap(({ id, source, target }) => {
    const [from, to] = [exitOf(places.get(source)!, direction), entryOf(places.get(target)!, direction)];
    const points = pointsOf(connectionPath(from, to, direction, lanes.get(id)));
    const covered = [...places].some(
      ([card, { x, y }]) =>
        card !== source &&
        card !== target &&
        points.some((point) => point.x > x && point.x < x + CARD.width && point.y > y && point.y < y + CARD.height),
    );
    return covered ? [`${source} → ${target}`] : [];
  });
}

describe.each(['down', 'right'] as const)('connections %s', (direction) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of a graph laid out automatically are never behind a card, seed %i', (seed) => {
    const graph = randomGraph(40, seed);
    expect(hidden(graph, layout(graph, direction), direction)).toEqual([]);
  });

  it('of a residual network go around what they skip', () => {
    const graph = graphOf(6, [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [1, 3],
      [0, 4],
    ]);
    const places = layout(graph, direction);
    const lanes = lanesOf(places, graph.edges, direction);
    expect([...lanes.keys()].sort()).toEqual(['e5', 'e6']);
    // The longer one on the other side: it is as near, and the first is not in its way.
    expect(lanes.get('e5')).toBe((direction === 'down' ? CARD.width : CARD.height) + 12);
    expect(lanes.get('e6')).toBe(-12);
  });
});

it('needs no time worth telling for 2,000 layers', () => {
  const graph = randomGraph(2000, 9);
  const places = layout(graph, 'down');
  const began = performance.now();
  lanesOf(places, graph.edges, 'down');
  expect(performance.now() - began).toBeLessThan(2_000);
});
