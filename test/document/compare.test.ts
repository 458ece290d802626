import { describe, expect, it } from 'vitest';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../../src-shared/document/schema/model-document.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';

function node(id: string, change: Partial<ModelNode> = {}): ModelNode {
  return { id, kind: 'Dense', name: id, params: {}, position: { x: 0, y: 0 }, frozen: false, ...change };
}

function model(nodes: ModelNode[], edges: [string, string][] = []): ModelDocument {
  return {
    format: MODEL_FORMAT,
    version: MODEL_VERSION,
    name: 'model',
    nodes,
    edges: edges.map(([source, target]) => ({ id: `${source}-${target}`, source, target })),
    blocks: [],
  };
}

describe('compareModels', () => {
  it('ignores moved cards', () => {
    const moved = model([node('a', { position: { x: 9, y: 9 } })]);
    expect(compareModels(model([node('a')]), moved).same).toBe(true);
  });

  it('reports added, removed and changed layers with their changes', () => {
    const before = model([node('a', { params: { units: 3 } }), node('b')], [['a', 'b']]);
    const after = model([node('a', { params: { units: 4 }, frozen: true }), node('c')], [['a', 'c']]);
    const { nodes, edges, same } = compareModels(before, after);
    expect(same).toBe(false);
    expect(nodes.map(({ status }) => status)).toEqual(['changed', 'added', 'removed']);
    expect(nodes[0]!.changes).toEqual([
      { what: 'frozen', before: false, after: true },
      { what: 'units', before: 3, after: 4 },
    ]);
    expect(edges).toEqual([
      { status: 'added', source: 'a', target: 'c' },
      { status: 'removed', source: 'a', target: 'b' },
    ]);
  });

  it('follows a renamed layer and its connections', () => {
    const before = model([node('1', { name: 'a' }), node('2', { name: 'b' })], [['1', '2']]);
    const after = model([node('1', { name: 'x' }), node('2', { name: 'b' })], [['1', '2']]);
    const { nodes, edges } = compareModels(before, after);
    expect(nodes[0]!.changes).toEqual([{ what: 'name', before: 'a', after: 'x' }]);
    expect(edges).toEqual([{ status: 'same', source: 'x', target: 'b' }]);
  });

  it('compares the inputs that edges lead to, and counts edges with the same ends', () => {
    const nodes = [node('x'), node('y'), node('to')];
    const edge = (source: string, targetPort?: string) => ({
      ...{ id: `${source} ${targetPort}`, source, target: 'to' },
      ...(targetPort === undefined ? {} : { targetPort }),
    });
    const graph = (edges: ModelDocument['edges']) => ({ ...model(nodes), edges });
    const [ab, ba] = [graph([edge('x', 'a'), edge('y', 'b')]), graph([edge('x', 'b'), edge('y', 'a')])];
    expect(compareModels(ab, graph(ab.edges.toReversed())).same).toBe(true);
    expect(compareModels(ab, ba).edges).toMatchObject([
      { status: 'added', source: 'x', input: 'b', targetPort: 'b' },
      { status: 'added', source: 'y', input: 'a' },
      { status: 'removed', source: 'x', input: 'a' },
      { status: 'removed', source: 'y', input: 'b' },
    ]);
    const twice = graph([edge('x'), { ...edge('x'), id: 'second' }]);
    expect(compareModels(graph([edge('x')]), twice).edges.map(({ status }) => status)).toEqual(['same', 'added']);
    expect(compareModels(twice, twice).same).toBe(true);
  });

  it('names an input of a block by its BlockInput', () => {
    const block = { id: 'k', name: 'k', parameters: [], edges: [] };
    const inside = (first: string) => [
      node('1', { kind: 'BlockInput', name: first }),
      node('2', { kind: 'BlockInput' }),
    ];
    const graph = (first: string): ModelDocument => ({
      ...model([node('x'), node('use', { kind: 'Block', params: { block: 'k' } })]),
      edges: [{ id: 'e', source: 'x', target: 'use', targetPort: '1' }],
      blocks: [{ ...block, nodes: inside(first) }],
    });
    expect(compareModels(graph('left'), graph('left')).edges).toMatchObject([{ status: 'same', input: 'left' }]);
  });

  it('reports another order of inputs without names', () => {
    const nodes = [node('x'), node('y'), node('to')];
    const [one, other] = [
      model(nodes, [
        ['x', 'to'],
        ['y', 'to'],
      ]),
      model(nodes, [
        ['y', 'to'],
        ['x', 'to'],
      ]),
    ];
    const { nodes: compared, same } = compareModels(one, other);
    expect(same).toBe(false);
    expect(compared[2]!.changes).toEqual([{ what: 'order of inputs', before: ['x', 'y'], after: ['y', 'x'] }]);
  });

  it('reports other weights for new runs, which leave the graph as it is', () => {
    const seed = model([node('a')]);
    const named = (digit: string, label: string) => ({ ...seed, weights: { artifact: digit.repeat(64), label } });
    const one = named('1', 'run 1');
    expect(compareModels(seed, one)).toMatchObject({
      weights: { status: 'changed', before: null, after: { label: 'run 1' } },
      sameGraph: true,
      same: false,
    });
    expect(compareModels(one, named('2', 'run 1'))).toMatchObject({ weights: { status: 'changed' }, same: false });
    expect(compareModels(one, named('1', 'another label'))).toMatchObject({ weights: { status: 'same' }, same: true });
    expect(compareModels(seed, seed)).toMatchObject({ weights: { status: 'same' }, same: true });
  });

  it('matches layers of unrelated documents by name', () => {
    const before = model([node('1', { name: 'a' })]);
    const after = model([node('9', { name: 'a', kind: 'Conv2D' })]);
    expect(compareModels(before, after).nodes).toMatchObject([{ status: 'changed', changes: [{ what: 'kind' }] }]);
  });
});
