import { describe, expect, it } from 'vitest';
import { dropBlock, offeredBlocks, useBlock } from '../../src-renderer/features/model/nodes/add-block.ts';
import { openValues } from '../../src-renderer/features/model/nodes/block-values.ts';
import { canvasGraph } from '../../src-renderer/features/model/nodes/canvas-nodes.ts';
import { insertCandidates, insertLayer } from '../../src-renderer/features/model/canvas/insert/insert-candidates.ts';
import { searchLayers } from '../../src-renderer/features/model/canvas/insert/search-layers.ts';
import { pathOf, trailTo, validTrail } from '../../src-renderer/state/block-trail.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { graphOf } from '../../src-shared/document/schema/blocks.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { readyBlocks } from '../../src-shared/document/blocks/ready-blocks.ts';
import { nodeFacts } from '../../src-shared/layers/catalog/node-facts.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { classFeatures, configurationWith } from '../support/documents.ts';

const head = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
const inner = chainBlock(
  'inner',
  [layer('Dense', 'fc', { units: { parameter: 'n' }, activation: 'relu' })],
  [{ name: 'n', default: 2 }],
);
const outer = chainBlock(
  'outer',
  [use('inner', 'i', { n: { parameter: 'width' } })],
  [{ name: 'width', label: 'Width', default: 5 }],
);
const unused = chainBlock('unused', []);
const model = chainModel([use('outer', 'o', { width: 7, repeat: 4 }), head], [outer, inner, unused]);
const centre = { x: 0, y: 0 };

describe('trail into a block', () => {
  const trail = trailTo(model, 'inner');

  it('leads through its first use, or only to an unused block', () => {
    expect(trail).toEqual([
      { nodeId: 'o', blockId: 'outer' },
      { nodeId: 'i', blockId: 'inner' },
    ]);
    expect(pathOf(trail)).toEqual(['o', 'i']);
    expect(trailTo(model, 'unused')).toEqual([{ nodeId: null, blockId: 'unused' }]);
    expect(pathOf(trailTo(model, 'unused'))).toBeNull();
  });

  it('is cut where an edit removed a step', () => {
    expect(validTrail(model, trail)).toBe(trail);
    const within = { ...outer, nodes: outer.nodes.filter(({ id }) => id !== 'i'), edges: [] };
    expect(validTrail({ ...model, blocks: [within, inner] }, trail)).toEqual(trail.slice(0, 1));
    expect(validTrail({ ...model, nodes: [] }, trail)).toEqual([]);
    expect(validTrail({ ...model, blocks: [outer] }, trail)).toEqual(trail.slice(0, 1));
  });

  it('resolves the parameter values of the open use', () => {
    expect(openValues(model, trail)('n')).toBe(7);
    expect(openValues(model, trailTo(model, 'outer'))('width')).toBe(7);
    expect(openValues(model, [{ nodeId: null, blockId: 'inner' }])('n')).toBe(2);
    expect(openValues(model, [])('n')).toBeUndefined();
  });
});

describe('cards of blocks', () => {
  const cardsOf = (blockId: string | null, values: (name: string) => number | undefined) =>
    canvasGraph(
      graphOf(model, blockId),
      { nodeOf: () => undefined, valueOf: values, badgesOf: () => [] },
      new Map(),
      { nodes: new Set(), edges: new Set() },
      { nodes: [], edges: [], routing: null },
    ).nodes.map(({ data }) => `${String(data['name'])}: ${String(data['kind'])} ${String(data['summary'])}`.trim());

  it('show copies and values of a Block node', () => {
    expect(cardsOf(null, () => undefined)).toContain('o: outer × 4, 7');
  });

  it('show the values of the open use inside', () => {
    expect(cardsOf('inner', () => 7)).toContain('fc: Dense 7, relu');
    expect(cardsOf('outer', () => 7)).toContain('i: inner 7');
  });
});

it('the fields of a Block node come from the layers that use its parameters', () => {
  const node = model.nodes.find(({ id }) => id === 'o')!;
  const [repeat, width] = nodeFacts(model, node)!.parameters;
  expect(repeat).toMatchObject({ name: 'repeat', default: 1 });
  expect(width).toMatchObject({ name: 'width', label: 'Width', default: 5, type: { kind: 'integer', min: 1 } });
  expect(nodeFacts(model, { ...node, params: { block: 'gone' } })).toBeUndefined();
});

describe('adding blocks', () => {
  it('"offeredBlocks lists the document\'s blocks, then missing ready-made blocks"', () => {
    const own = offeredBlocks({ ...model, blocks: [...model.blocks, readyBlocks[0]!] });
    expect(own.map(({ block, own: isOwn }) => [block.name, isOwn])).toEqual([
      ...['outer', 'inner', 'unused', 'dense_stack'].map((name) => [name, true]),
      ['conv_bn_relu', false],
      ['residual', false],
    ]);
  });

  it.each(readyBlocks.map((block) => [block.name, block] as const))(
    'ready-made block %s compiles without changes',
    (_, block) => {
      const plain = chainModel([layer('Conv2D', 'stem', { filters: 32 }), layer('Flatten', 'flat'), head], []);
      const { change } = useBlock(plain, `block:${block.id}`, ['stem'], centre)!;
      const document = applyChange(plain, change);
      const result = compileModel(document, classFeatures([6, 6, 3], 3), configurationWith({}));
      expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([]);
    },
  );

  it('dropBlock inserts into an edge and returns null for other kinds', () => {
    const { change, nodeId } = dropBlock(model, 'block:inner', centre, 'o>classes')!;
    const { edges, blocks } = applyChange(model, change);
    expect(edges.map(({ source, target }) => `${source}>${target}`)).toContain(`o>${nodeId}`);
    expect(blocks).toBe(model.blocks);
    expect(dropBlock(model, 'Dense', centre, null)).toBeNull();
    expect(useBlock(model, 'block:gone', [], centre)).toBeNull();
  });

  it('the insert list offers blocks, and block ends inside a block', () => {
    const outside = insertCandidates(null, null, { whole: model, openBlock: null });
    expect(searchLayers(outside, 'out').map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Output', 'outer']));
    const kinds = insertCandidates(null, null, { whole: model, openBlock: 'outer' }).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['BlockInput', 'BlockOutput']));
    expect(kinds).not.toContain('Input');
    const after = insertCandidates({ nodeId: 'i', end: 'source' }, [null, 4], { whole: model, openBlock: 'outer' });
    expect(after.map(({ kind }) => kind)).toContain('BlockOutput');
    expect(after.map(({ kind }) => kind)).not.toContain('BlockInput');
  });

  it('the insert list for a connection offers no Input and Output', () => {
    const outside = { whole: model, openBlock: null };
    const kinds = insertCandidates(null, [null, 4], outside, true).map(({ kind }) => kind);
    expect(kinds).toContain('Dense');
    expect(kinds.filter((kind) => kind === 'Input' || kind === 'Output')).toEqual([]);
    const dragged = insertCandidates({ nodeId: 'i', end: 'source' }, [null, 4], outside).map(({ kind }) => kind);
    expect(dragged.indexOf('Dense')).toBeLessThan(dragged.indexOf('Output'));
    const request = { query: '', at: centre, place: null, from: null, edge: 'o>classes' };
    const { change, nodeId } = insertLayer(model, 'Dropout', request, [], centre);
    const ends = applyChange(model, change).edges.map(({ source, target }) => `${source}>${target}`);
    expect(ends).toEqual(expect.arrayContaining([`o>${nodeId}`, `${nodeId}>classes`]));
  });
});
