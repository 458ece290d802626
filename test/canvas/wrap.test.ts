import { describe, expect, it } from 'vitest';
import { wrapped } from '../../src-shared/canvas/layout/wrap.ts';
import { CARD } from '../../src-shared/document/edits/edits.ts';
import { flowDirection } from '../../src-shared/document/geometry/flow-direction.ts';
import { arranged, graphOf, placesOf, uNet, type Graph } from '../support/graphs.ts';

const ids = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);

function columns(graph: Graph, direction: 'down' | 'right') {
  const places = wrapped(placesOf(arranged(graph, direction)), graph.edges, direction);
  const positions = [...places.values()];
  const size = (axis: 'x' | 'y', card: number) => {
    const at = positions.map((place) => place[axis]);
    return Math.max(...at) - Math.min(...at) + card;
  };
  const nodes = graph.nodes.map((node) => ({ ...node, position: places.get(node.id)! }));
  return {
    places,
    shape: size('x', CARD.width) / size('y', CARD.height),
    direction: flowDirection({ ...graph, nodes }),
  };
}

describe('wrapped', () => {
  it.each(['down', 'right'] as const)(
    'divides a chain into parts with the shape of the canvas, direction %s',
    (way) => {
      for (const count of [17, 24, 40, 90, 200, 1000]) {
        const { places, shape, direction } = columns(graphOf(ids(count).join(' ')), way);
        expect(shape, String(count)).toBeGreaterThan(0.8);
        expect(shape, String(count)).toBeLessThan(2.6);
        expect(direction).toBe(way);
        const [along, across] = way === 'down' ? (['y', 'x'] as const) : (['x', 'y'] as const);
        const parts = Map.groupBy(places.values(), (place) => place[across]);
        expect(new Set([...parts.values()].map((part) => part[0]![along]))).toEqual(new Set([0]));
      }
    },
  );

  it('keeps a short graph, and one whose outputs are read further on', () => {
    for (const graph of [graphOf(ids(6).join(' ')), uNet(12)]) {
      const places = placesOf(arranged(graph, 'down'));
      expect(wrapped(places, graph.edges, 'down')).toEqual(places);
    }
  });

  it('does not divide between an output and the last card that reads it', () => {
    const skips = Array.from({ length: 12 }, (_, i) => `n${4 * i} n${4 * i + 3}`);
    const graph = graphOf(ids(48).join(' '), ...skips);
    const { places } = columns(graph, 'down');
    const firsts = [...places].filter(([, { y }]) => y === 0).map(([id]) => Number(id.slice(1)));
    expect(firsts.length).toBeGreaterThan(2);
    expect(firsts.filter((number) => number % 4 !== 0)).toEqual([]);
  });
});
