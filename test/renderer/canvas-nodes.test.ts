import { describe, expect, it } from 'vitest';
import {
  canvasGraph,
  framesFollowing,
  membersChosen,
  placesOf,
  type CanvasGraph,
} from '../../src-renderer/features/model/nodes/canvas-nodes.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { dense, sequentialDocument } from '../support/documents.ts';

const plain = sequentialDocument([dense(3, 'relu', { name: 'a' }), dense(2, 'relu', { name: 'b', frozen: true })]);
const grouped = (collapsed: boolean): ModelDocument => ({
  ...plain,
  nodes: plain.nodes.map((node) => (node.name.length === 1 ? { ...node, group: 'g' } : node)),
  notes: [
    { id: 'in', text: 'inside', position: { x: 200, y: 120 }, size: { width: 100, height: 50 }, group: 'g' },
    { id: 'out', text: 'outside', position: { x: 400, y: 0 }, size: { width: 100, height: 50 } },
  ],
  groups: [{ id: 'g', name: 'Group 1', collapsed }],
});

const analysis = {
  nodeOf: () => ({ outputShape: [null, 2], parameters: 7 }) as never,
  valueOf: () => undefined,
  badgesOf: () => [],
};
const draw = (
  document: ModelDocument,
  chosen: string[] = [],
  before: CanvasGraph = { nodes: [], edges: [], routing: null },
) => canvasGraph(document, analysis, new Map(), { nodes: new Set(chosen), edges: new Set() }, before);
const ids = ({ nodes }: CanvasGraph) => nodes.map(({ id, type }) => `${type} ${id}`);

describe('canvas nodes', () => {
  it('an expanded group is a frame behind its cards and notes', () => {
    const drawn = draw(grouped(false));
    expect(ids(drawn)).toEqual([
      'frame g',
      'layer input_0',
      'layer a',
      'layer b',
      'layer output_3',
      'note in',
      'note out',
    ]);
    expect(drawn.nodes[0]).toMatchObject({ position: { x: -10, y: 94 }, width: 320, height: 230 });
    expect(draw(grouped(false), ['a', 'b', 'in']).nodes[0]!.data['chosen']).toBe(true);
  });

  it('a card of a layer that shares weights has the values and freezing of the owner', () => {
    const shared = { ...plain.nodes[1]!, id: 'c', name: 'c', params: {}, weightsOf: 'b' };
    const drawn = draw({ ...plain, nodes: [...plain.nodes, shared] });
    const card = drawn.nodes.find(({ id }) => id === 'c')!;
    expect(card.data).toMatchObject({ summary: '2, relu', weightsOf: 'b', frozen: true });
    expect(card.ariaLabel).toContain('with the weights of b');
    expect(drawn.nodes.find(({ id }) => id === 'b')!.data).toMatchObject({ weightsOf: '' });
  });

  it('a frozen layer that then computes in another way says so on its card', () => {
    const modes = [{}, { statisticsWhenFrozen: 'batch' }].map((params) => {
      const line = { kind: 'BatchNormalization', name: 'norm', params };
      return [true, false].map((frozen) => {
        const drawn = draw(sequentialDocument([{ ...line, frozen }])).nodes.find(({ id }) => id === 'norm')!;
        return [drawn.data['mode'], String(drawn.ariaLabel).includes('frozen (')];
      });
    });
    expect(modes).toEqual([
      [
        ['inference', true],
        ['', false],
      ],
      [
        ['by batch', true],
        ['', false],
      ],
    ]);
    expect(draw(plain).nodes.find(({ id }) => id === 'b')!.data).toMatchObject({ frozen: true, mode: '' });
  });

  it('a layer in inference mode says so on its card, unless it computes the same in both modes', () => {
    const lines = [
      { kind: 'Dropout', name: 'drop' },
      { kind: 'LSTM', name: 'lstm' },
      dense(2, 'relu', { name: 'dense' }),
    ];
    const document = sequentialDocument(lines);
    const nodes = document.nodes.map((node) => ({ ...node, training: false as const }));
    const modes = draw({ ...document, nodes }).nodes.map(({ id, data }) => [id, data['mode']]);
    expect(modes).toEqual(
      expect.arrayContaining([
        ['drop', 'inference'],
        ['lstm', ''],
        ['dense', ''],
      ]),
    );
  });

  it('the card of a collapsed group says that its layers are in inference mode, and how many of them', () => {
    const document = sequentialDocument([
      { kind: 'BatchNormalization', name: 'norm', frozen: true },
      { kind: 'Dropout', name: 'drop' },
      dense(2, 'relu', { name: 'dense' }),
    ]);
    const cardWith = (inInference: readonly string[]) => {
      const nodes = document.nodes.map((node) => ({
        ...node,
        ...(['norm', 'drop', 'dense'].includes(node.name) ? { group: 'g' } : {}),
        ...(inInference.includes(node.name) ? { training: false as const } : {}),
      }));
      const drawn = draw({ ...document, nodes, groups: [{ id: 'g', name: 'base', collapsed: true }] });
      return drawn.nodes.find(({ id }) => id === 'g')!;
    };
    const { data, ariaLabel } = cardWith(['drop', 'dense']);
    expect(data['mode']).toBe('inference');
    expect(ariaLabel).toContain(', inference');
    expect(cardWith([]).data).toMatchObject({
      mode: '1 inference',
      modeMeaning: expect.stringContaining('1 of 2 compute as in prediction') as string,
    });
  });

  it('a collapsed group is one card at the position of its first layer', () => {
    const drawn = draw(grouped(true), ['b']);
    expect(ids(drawn)).toEqual(['layer input_0', 'layer g', 'layer output_3', 'note out']);
    expect(drawn.nodes[1]).toMatchObject({
      selected: true,
      data: {
        ...{ kind: 'Group', summary: '2 layers, 1 frozen', shape: '2', parameters: 14 },
        ...{ frozen: false, partlyFrozen: true },
      },
    });
    expect(drawn.edges.map(({ source, target }) => `${source} ${target}`)).toEqual(['input_0 g', 'g output_3']);
  });

  it('unchanged nodes and lists keep their identity', () => {
    for (const document of [plain, grouped(false), grouped(true)]) {
      const drawn = draw(document);
      const again = draw(structuredClone(document), [], drawn);
      expect(again.nodes).toBe(drawn.nodes);
      expect(again.edges).toBe(drawn.edges);
    }
  });

  it('a card has a handle for each named input, which its connections end at', () => {
    const subtract = (collapsed?: boolean): ModelDocument => ({
      ...sequentialDocument([dense(3, 'relu', { name: 'a' }), { kind: 'Subtract', name: 'sub' }]),
      edges: [
        { id: 'right', source: 'a', target: 'sub', targetPort: 'b' },
        { id: 'left', source: 'a', target: 'sub' },
      ],
      ...(collapsed === undefined ? {} : { groups: [{ id: 'g', name: 'Group', collapsed }] }),
    });
    const drawn = draw(subtract());
    const card = drawn.nodes.find(({ id }) => id === 'sub')!;
    const targets = card.handles!.filter(({ type }) => type === 'target').map(({ id, x, y }) => ({ id, x, y }));
    expect(targets).toEqual([
      { id: 'a', x: 56, y: -4 },
      { id: 'b', x: 116, y: -4 },
    ]);
    expect(drawn.edges).toMatchObject([
      { id: 'right', targetHandle: 'b', data: { offsets: { source: 0, target: 30 } } },
      { id: 'left', targetHandle: 'a', data: { offsets: { source: 0, target: -30 } } },
    ]);
    expect(drawn.edges[0]!.ariaLabel).toMatch(/input b$/);
    expect(draw(structuredClone(subtract()), [], drawn).edges).toBe(drawn.edges);
    const folded = subtract(true);
    const nodes = folded.nodes.map((node) => (node.id === 'sub' ? { ...node, group: 'g' } : node));
    const group = draw({ ...folded, nodes }, [], drawn);
    expect(group.edges.map(({ target, targetHandle, data }) => [target, targetHandle, data])).toEqual([
      ['g', null, {}],
      ['g', null, {}],
    ]);
  });

  it('the handles of a card follow its inputs', () => {
    const attention = sequentialDocument([{ kind: 'MultiHeadAttention', name: 'mha' }]);
    const handlesOf = (graph: CanvasGraph) =>
      graph.nodes.find(({ id }) => id === 'mha')!.handles!.map(({ id }) => id ?? 'output');
    const one = draw(attention);
    expect(handlesOf(one)).toEqual(['query', 'value', 'output']);
    const edges = [...attention.edges, { id: 'second', source: 'input_0', target: 'mha', targetPort: 'value' }];
    expect(handlesOf(draw({ ...attention, edges }, [], one))).toEqual(['query', 'value', 'key', 'output']);
  });

  it('a connection is routed around cards, and the route is reused until they move', () => {
    const edges = [...plain.edges, { id: 'skip', source: 'input_0', target: 'output_3' }];
    const drawn = draw({ ...plain, edges });
    const routeOf = ({ edges: all }: CanvasGraph) => all.find(({ id }) => id === 'skip')?.data?.route;
    expect(routeOf(drawn)).toEqual([{ across: 196, from: 120, to: 316 }]);
    const renamed = plain.nodes.map((node) => ({ ...node, name: `${node.name}!` }));
    expect(draw({ ...plain, edges, nodes: renamed }, [], drawn).routing).toBe(drawn.routing);
    const aside = plain.nodes.map((node) => (node.name === 'b' ? { ...node, position: { x: 60, y: 240 } } : node));
    expect(routeOf(draw({ ...plain, edges, nodes: aside }, [], drawn))).not.toEqual(routeOf(drawn));
  });

  it('moving the card of a collapsed group moves its members', () => {
    const document = grouped(true);
    const drawn = draw(document);
    const card = drawn.nodes.find(({ id }) => id === 'g')!;
    expect(placesOf([card], document)).toEqual(
      new Map([
        ['a', { x: 0, y: 120 }],
        ['b', { x: 0, y: 240 }],
        ['in', { x: 200, y: 120 }],
      ]),
    );
    const moved = { ...card, position: { x: card.position.x + 8, y: card.position.y - 16 } };
    expect(placesOf([moved], document).get('b')).toEqual({ x: 8, y: 224 });
    expect(placesOf(draw(grouped(false)).nodes, document).has('g')).toBe(false);
  });

  it('a frame follows a dragged member', () => {
    const document = grouped(false);
    const { nodes } = draw(document);
    const moved = nodes.filter(({ id }) => id === 'a').map((node) => ({ ...node, position: { x: -100, y: 120 } }));
    expect(framesFollowing(nodes, moved, document)[0]).toMatchObject({ position: { x: -110 }, width: 420 });
    const other = nodes.filter(({ id }) => id === 'out');
    expect(framesFollowing(nodes, other, document)).toBe(nodes);
  });

  it('selecting the card of a collapsed group selects all members, or keeps the selected ones', () => {
    const document = grouped(true);
    const card = draw(document).nodes.filter(({ id }) => id === 'g' || id === 'out');
    expect(membersChosen(card, document, new Set())).toEqual({ nodes: ['a', 'b'], notes: ['in', 'out'] });
    expect(membersChosen(card, document, new Set(['b']))).toEqual({ nodes: ['b'], notes: ['out'] });
  });
});
