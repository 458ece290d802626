import { describe, expect, it } from 'vitest';
import { modelOfThisVersion } from '../../src-shared/document/reading/migrations.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';

const node = (id: string) => ({ id, kind: 'Dense', name: id, params: {}, position: { x: 0, y: 0 }, frozen: false });
const whole = {
  format: 'lamina.model',
  version: 6,
  name: 'm',
  nodes: [node('a'), node('b')],
  edges: [{ id: 'e', source: 'a', target: 'b' }],
  blocks: [
    {
      id: 'k',
      name: 'stack',
      parameters: [{ name: 'units', default: 8 }],
      nodes: [node('in'), { ...node('out'), frozenPaths: [[[1, 3], 'x']] }],
      edges: [{ id: 'e', source: 'in', target: 'out' }],
    },
  ],
};

describe('parseModelDocument', () => {
  it('reads a valid document without warnings', () => {
    expect(parseModelDocument(whole)).toEqual({ document: whole, warnings: [] });
  });

  it.each([[null], [42], [[]], [{ format: 'other', version: 1 }], [{ format: 'lamina.model' }]])(
    'rejects %j',
    (value) => {
      expect(() => parseModelDocument(value, 'x.json')).toThrow(
        expect.objectContaining({ code: 'document/not-a-model', message: expect.stringContaining('x.json') }),
      );
    },
  );

  it('reads the known parts of a newer version, with a warning', () => {
    const nodes = [{ ...whole.nodes[0], glow: 3 }, { id: 'x', spline: [] }, ...whole.nodes.slice(1)];
    const { document, warnings } = parseModelDocument({ ...whole, version: 9, nodes, timeline: {} }, 'x.json');
    expect(document).toEqual(whole);
    expect(warnings).toMatchObject([
      { code: 'document/newer-version', details: { version: 9 } },
      { code: 'document/damaged' },
    ]);
    expect(warnings[1]!.message).toContain('node 2');
  });

  it('reads version 1, which has no blocks', () => {
    const { blocks: _blocks, ...rest } = whole;
    const { document, warnings } = parseModelDocument({ ...rest, version: 1 });
    expect(document).toEqual({ ...whole, blocks: [] });
    expect(warnings).toEqual([]);
  });

  it('keeps the valid parts of a damaged block', () => {
    const [block] = whole.blocks;
    const damaged = {
      ...whole,
      blocks: [
        {
          ...block!,
          parameters: [{ name: 'units', default: 8 }, { name: 3 }],
          nodes: [...block!.nodes, { id: 'x' }, node('in')],
          edges: [...block!.edges, { id: 'f', source: 'in', target: 'gone' }],
        },
        { id: 'k2' },
        block,
      ],
    };
    const { document, warnings } = parseModelDocument(damaged);
    expect(document).toEqual(whole);
    expect(warnings.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "The model: block 2 cannot be read and is skipped (name: expected text, received nothing; and 3 more).",
        "The model: block 'stack', parameter 2 cannot be read and is skipped (name: expected text, received 3; and 1 more).",
        "The model: block 'stack', node 3 cannot be read and is skipped (kind: expected text, received nothing; and 4 more).",
        "The model: block 'stack' repeats the id 'k' and is skipped.",
        "The model, block 'stack': node 'in' repeats the id 'in' and is skipped.",
        "The model, block 'stack': edge 'f' ends at node 'gone', which does not exist, and is skipped.",
      ]
    `);
    expect(warnings).toHaveLength(6);
    expect(parseModelDocument({ ...whole, blocks: 3 }).document.blocks).toEqual([]);
  });

  it.each([
    ['frozen', 'maybe', false],
    ['frozenPaths', 'yes', undefined],
    ['group', 7, undefined],
    ['placed', 'left', undefined],
    ['weightsOf', ['a'], undefined],
    ['params', [], {}],
    ['position', { x: 'left' }, { x: 0, y: 112 }],
  ] as const)('reads a node with a damaged %s without that field', (field, value, expected) => {
    const { document, warnings } = parseModelDocument(
      { ...whole, nodes: [whole.nodes[0], { ...whole.nodes[1], [field]: value }] },
      'x.json',
    );
    expect(document.nodes[1]).toEqual({ ...whole.nodes[1]!, [field]: expected });
    expect(JSON.stringify(document.nodes[1])).not.toContain('null');
    expect(document.edges).toEqual(whole.edges);
    expect(warnings).toMatchObject([{ code: 'document/damaged' }]);
    expect(warnings[0]!.message).toMatch(new RegExp(`node 2.*${field}`));
  });

  it.each([
    ['sourcePort', 2],
    ['targetPort', ''],
  ])('reads an edge with a damaged %s without it', (field, value) => {
    const edges = [{ ...whole.edges[0], [field]: value }];
    const { document, warnings } = parseModelDocument({ ...whole, edges }, 'x.json');
    expect(document).toEqual(whole);
    expect(warnings).toMatchObject([{ code: 'document/damaged' }]);
    expect(warnings[0]!.message).toMatch(new RegExp(`edge 1.*${field}`));
  });

  it('moves nodes and notes with far positions below the others, with a warning', () => {
    const nodes = [whole.nodes[0], { ...node('c'), position: { x: 0, y: 20_000 } }, node('d')];
    const far = { ...whole.nodes[1], position: { x: 1e9, y: -1e9 } };
    const notes = [{ id: 'n', text: '', position: { x: -2e5, y: 0 }, size: { width: 200, height: 80 } }];
    const { document, warnings } = parseModelDocument({ ...whole, nodes: [far, ...nodes], notes }, 'x.json');
    expect(document.nodes.map(({ position }) => position)).toEqual([
      { x: 0, y: 20_112 },
      { x: 0, y: 0 },
      { x: 0, y: 20_000 },
      { x: 0, y: 0 },
    ]);
    expect(document.notes![0]!.position).toEqual({ x: 0, y: 20_224 });
    expect(warnings.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "x.json: node 'b' is too far from the others (x 1000000000, y -1000000000) and is shown below them.",
        "x.json: note 'n' is too far from the others (x -200000, y 0) and is shown below them.",
      ]
    `);
  });

  it('keeps the valid parts of a damaged document', () => {
    const damaged = {
      ...whole,
      nodes: [node('a'), { id: 'x' }, node('b'), node('a')],
      edges: [
        { id: 'e', source: 'a', target: 'b' },
        { id: 'e', source: 'b', target: 'a' },
        { id: 'f', source: 'a', target: 'gone' },
        'edge',
      ],
    };
    const { document, warnings } = parseModelDocument(damaged);
    expect(document).toEqual(whole);
    expect(warnings).toHaveLength(5);
    expect(warnings.every((warning) => warning.code === 'document/damaged')).toBe(true);
  });
});

describe('parseModelDocument, weights', () => {
  const weights = { artifact: 'a'.repeat(64), label: 'run 1' };

  it('keeps them in a damaged document', () => {
    expect(parseModelDocument({ ...whole, weights }).document).toEqual({ ...whole, weights });
    const { document, warnings } = parseModelDocument({ ...whole, weights, edges: [...whole.edges, 'edge'] });
    expect(document).toEqual({ ...whole, weights });
    expect(warnings).toHaveLength(1);
  });

  it.each([['../../secret'], ['A'.repeat(64)], [7]])('skips a file name that is not a hash: %j', (artifact) => {
    const { document, warnings } = parseModelDocument({ ...whole, weights: { ...weights, artifact } });
    expect(document).toEqual(whole);
    expect(warnings).toMatchObject([{ code: 'document/damaged' }]);
  });
});

describe('migration to version 5', () => {
  const kindOf = (id: string, kind: string, params = {}) => ({ ...node(id), kind, params });
  const edge = (id: string, source: string, target: string, targetPort?: string) => ({
    ...{ id, source, target },
    ...(targetPort === undefined ? {} : { targetPort }),
  });
  const read = (graph: object) => parseModelDocument({ ...whole, version: 4, blocks: [], ...graph });

  it.each([
    ['MultiHeadAttention', ['query', 'value', 'key', undefined]],
    ['Attention', ['query', 'value', 'key', undefined]],
    ['AdditiveAttention', ['query', 'value', 'key', undefined]],
    ['Subtract', ['a', 'b', undefined, undefined]],
    ['Dot', ['a', 'b', undefined, undefined]],
    ['Formula', ['a', 'b', 'c', 'd']],
    ['Add', [undefined, undefined, undefined, undefined]],
    ['Block', [undefined, undefined, undefined, undefined]],
  ])('names the inputs of %s in the order of the edges', (kind, ports) => {
    const nodes = [...'abcd'].map((id) => node(id)).concat(kindOf('to', kind));
    const edges = [...'dbca'].map((source) => edge(source, source, 'to'));
    const named = edges.map((each, i) => ({ ...each, ...(ports[i] === undefined ? {} : { targetPort: ports[i] }) }));
    expect(read({ nodes, edges })).toEqual({ document: { ...whole, nodes, edges: named, blocks: [] }, warnings: [] });
  });

  it('names the inputs of a Block node after the inputs of its block, also inside another block', () => {
    const inner = {
      ...{ id: 'inner', name: 'inner', parameters: [] },
      nodes: [kindOf('x', 'BlockInput'), kindOf('sub', 'Subtract'), kindOf('y', 'BlockInput')],
      edges: [edge('1', 'x', 'sub'), edge('2', 'y', 'sub')],
    };
    const outer = {
      ...{ id: 'outer', name: 'outer', parameters: [] },
      nodes: [kindOf('x', 'BlockInput'), kindOf('use', 'Block', { block: 'inner' })],
      edges: [edge('1', 'x', 'use'), edge('2', 'x', 'use')],
    };
    const nodes = [node('a'), kindOf('use', 'Block', { block: 'outer' })];
    const edges = [edge('e', 'a', 'use')];
    expect(read({ nodes, edges, blocks: [inner, outer] }).document).toMatchObject({
      edges,
      blocks: [
        { edges: [edge('1', 'x', 'sub', 'a'), edge('2', 'y', 'sub', 'b')] },
        { edges: [edge('1', 'x', 'use', 'x'), edge('2', 'x', 'use', 'y')] },
      ],
    });
  });

  it('leaves damaged parts to the reading', () => {
    const parts = { nodes: [3, node('a'), { id: 'b' }], edges: ['e', { target: 'a' }], blocks: [null, {}] };
    expect(modelOfThisVersion({ version: 4, ...parts })).toEqual({ version: 6, ...parts });
    expect(modelOfThisVersion({ version: 4 })).toEqual({ version: 6 });
  });
});

describe('modelOfThisVersion', () => {
  it('migrates an earlier model and returns any other value unchanged', () => {
    const { blocks: _blocks, ...rest } = whole;
    expect(modelOfThisVersion({ ...rest, version: 1 })).toEqual({ ...whole, blocks: [] });
    for (const value of [whole, null, 3, { version: 9 }, { version: 'x' }])
      expect(modelOfThisVersion(value)).toBe(value);
  });
});
