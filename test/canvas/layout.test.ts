import { describe, expect, it } from 'vitest';
import { CARD } from '../../src-shared/document/edits/edits.ts';
import { flowDirection } from '../../src-shared/document/geometry/flow-direction.ts';
import type { LayoutGraph } from '../../src-shared/canvas/layout/layers.ts';
import { layout } from '../../src-shared/canvas/layout/layout.ts';
import { routesOf } from '../../src-shared/canvas/layout/routes.ts';
import { leastCpuTimes } from '../support/cpu-time.ts';
import { arranged, graphOf, placesOf, randomGraph, uNet, withPorts, type Graph } from '../support/graphs.ts';

const columns = ({ nodes }: Graph) => new Map(nodes.map(({ id, position }) => [id, position.x]));

/** These nodes from left to right. */
function acrossOrder(graph: LayoutGraph, ids: readonly string[]): string[] {
  const places = layout(graph, 'down');
  return ids.toSorted((one, other) => places.get(one)!.x - places.get(other)!.x);
}

describe('layout', () => {
  it('places a chain in one column or row, from which flowDirection finds the direction', () => {
    const chain = graphOf('a b c');
    expect(arranged(chain, 'down').nodes.map(({ position: { x, y } }) => [x, y])).toEqual([
      [0, 0],
      [0, 112],
      [0, 224],
    ]);
    const right = arranged(chain, 'right');
    expect(right.nodes.map(({ position: { x, y } }) => [x, y])).toEqual([
      [0, 0],
      [244, 0],
      [488, 0],
    ]);
    expect([flowDirection(arranged(chain, 'down')), flowDirection(right)]).toEqual(['down', 'right']);
  });

  it('keeps the top left corner of the previous layout', () => {
    const { nodes, edges } = graphOf('a b d', 'a c d');
    const moved = nodes.map((node, i) => ({ ...node, position: { x: 40 + i, y: -30 - i } }));
    const places = [...layout({ nodes: moved, edges }, 'down').values()];
    expect([Math.min(...places.map(({ x }) => x)), Math.min(...places.map(({ y }) => y))]).toEqual([40, -33]);
  });

  it('places branches of equal length side by side, centered on their ends', () => {
    const at = columns(arranged(graphOf('a b d', 'a c d'), 'down'));
    expect(at.get('c')! - at.get('b')!).toBe(CARD.width + CARD.gapX);
    expect([at.get('a'), at.get('d')]).toEqual([110, 110]);
  });

  it('keeps the longest path straight when connections pass it', () => {
    for (const graph of [uNet(4), graphOf('in a b c d e out', 'in c', 'c e', 'a e')]) {
      expect(new Set(columns(arranged(graph, 'down')).values()).size).toBe(1);
    }
    // Of two branches, the longer one is straight.
    const at = columns(arranged(graphOf('in a b c add out', 'in side add'), 'down'));
    expect([...new Set(['in', 'a', 'b', 'c', 'add', 'out'].map((id) => at.get(id)))]).toHaveLength(1);
  });

  it('leaves space between cards for passing connections', () => {
    // Two connections cross between the branches, next to b and f.
    const at = columns(arranged(graphOf('in a b c out', 'in e f g out', 'a g', 'e c'), 'down'));
    expect(Math.abs(at.get('b')! - at.get('f')!)).toBe(CARD.width + 20 + 14 + 20);
  });

  it('places the sources of named inputs in the order of the inputs', () => {
    const attention = withPorts(graphOf('in k a', 'in q a', 'in v a'), 'MultiHeadAttention', {
      q: 'query',
      v: 'value',
      k: 'key',
    });
    expect(acrossOrder(attention, ['k', 'q', 'v'])).toEqual(['q', 'v', 'k']);
    // Whole branches change places, and a connection that passes ranks is on the side of its input.
    const subtract = withPorts(graphOf('in r s a', 'in x y a'), 'Subtract', { s: 'b', y: 'a' });
    expect(acrossOrder(subtract, ['r', 'x'])).toEqual(['x', 'r']);
    expect(acrossOrder(subtract, ['s', 'y'])).toEqual(['y', 's']);
    for (const direction of ['down', 'right'] as const) {
      expect(layout(attention, direction)).toEqual(layout(structuredClone(attention), direction));
    }
  });

  it('orders the sources of a Block node by its BlockInputs', () => {
    const { nodes, edges } = graphOf('in x use', 'in y use');
    const input = (id: string) => ({ ...nodes[0]!, id, kind: 'BlockInput', name: id });
    const use = { kind: 'Block', params: { block: 'k' } };
    const graph = {
      nodes: nodes.map((node) => (node.id === 'use' ? { ...node, ...use } : node)),
      edges: edges.map((edge) => (edge.target === 'use' ? { ...edge, targetPort: `to ${edge.source}` } : edge)),
      blocks: [{ id: 'k', name: 'k', parameters: [], nodes: [input('to y'), input('to x')], edges: [] }],
    };
    expect(acrossOrder(graph, ['x', 'y'])).toEqual(['y', 'x']);
  });

  it('moves what follows the sources of named inputs with them', () => {
    const graph = withPorts(graphOf('x a', 'y a', 'x p1', 'x p2', 'y q1', 'y q2'), 'Subtract', { x: 'b', y: 'a' });
    expect(acrossOrder(graph, ['x', 'y'])).toEqual(['y', 'x']);
    expect(acrossOrder(graph, ['p1', 'p2', 'q1', 'q2'])).toEqual(['q1', 'q2', 'p1', 'p2']);
  });

  it('lays out a cycle of 20,000 layers', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `n${i}`);
    const { nodes, edges } = graphOf([...ids, 'n0'].join(' '));
    const depths = [...layout({ nodes, edges }, 'down').values()].map(({ y }) => y / 112);
    expect(depths).toEqual(ids.map((_, i) => i));
  });

  it('is deterministic and ignores edges to missing nodes', () => {
    const graph = randomGraph(1, 60);
    expect(layout(graph, 'down')).toEqual(layout(structuredClone(graph), 'down'));
    expect(layout({ nodes: [], edges: [] }, 'down').size).toBe(0);
    expect(layout({ ...graphOf('a b'), edges: [{ id: 'e', source: 'a', target: 'gone' }] }, 'down').size).toBe(2);
  });

  it.each([
    ['a random graph', (count: number) => randomGraph(7, count)],
    ['a U-Net', (count: number) => uNet((count - 3) / 2)],
  ])('layout and routes of %s take at most quadratic time', (_, make) => {
    const [small, large] = [150, 600].map((count) => {
      const graph = arranged(make(count), 'down');
      return { graph, places: placesOf(graph) };
    });
    const growth = (work: (of: typeof small) => void): number => {
      const [before, after] = leastCpuTimes(
        3,
        () => work(small),
        () => work(large),
      );
      return after! / before!;
    };
    expect(growth((of) => layout(of!.graph, 'down'))).toBeLessThan(24);
    expect(growth((of) => routesOf(of!.places, of!.graph.edges, 'down'))).toBeLessThan(24);
  });
});
