import { describe, expect, it } from 'vitest';
import { addLayer } from '../../src-renderer/features/model/nodes/add-layer.ts';
import { CARD, createNode } from '../../src-shared/document/edits/edits.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import type { FlowDirection } from '../../src-shared/document/geometry/flow-direction.ts';
import { setCollapsed } from '../../src-shared/document/geometry/group-edits.ts';
import { placesShown, shownGraph } from '../../src-shared/document/geometry/groups.ts';
import { addNodeAfter, insertOnEdge } from '../../src-shared/document/geometry/insert-edits.ts';
import { MODEL_FORMAT, MODEL_VERSION, type ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { Fix } from '../../src-shared/document/schema/problem.ts';
import { overlaps } from '../../src-shared/canvas/layout/free-position.ts';
import { arranged, graphOf } from '../support/graphs.ts';
import { countingIds } from './random-edits.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

const createId = countingIds();

function documentOf(direction: FlowDirection, ...chains: readonly string[]): ModelDocument {
  const { nodes, edges } = arranged(graphOf(...chains), direction);
  return { format: MODEL_FORMAT, version: MODEL_VERSION, name: 'test', nodes, edges, blocks: [] };
}

const placeOf = ({ nodes }: ModelDocument, id: string) => nodes.find((node) => node.id === id)!.position;

/** Number of drawn cards that overlap others. */
function covering(document: ModelDocument, direction: FlowDirection = 'down'): number {
  const { width, height } = CARD;
  const boxes = [...placesShown(shownGraph(document, direction)).values()].map((at) => ({ ...at, width, height }));
  return boxes.filter((a, i) => boxes.slice(i + 1).some((b) => overlaps(a, b))).length;
}

describe('inserting near a collapsed group', () => {
  const open = documentOf('down', 'in a b out', 'in c out');
  const grouped = {
    ...open,
    nodes: open.nodes.map((node) => ('ab'.includes(node.id) ? { ...node, group: 'g' } : node)),
    groups: [{ id: 'g', name: 'Group 1', collapsed: false }],
  };
  const folded = applyAndUndo(grouped, setCollapsed(grouped, 'g', true));
  const create = () => createNode(folded, 'Dropout', { x: 0, y: 0 }, createId);

  it('makes space for its card, and for its members when it is expanded', () => {
    const node = create();
    const edge = folded.edges.find(({ source, target }) => source === 'b' && target === 'out')!;
    const dropped = { ...node, position: { x: placeOf(folded, 'b').x + 8, y: placeOf(folded, 'out').y - 20 } };
    for (const change of [
      addNodeAfter(folded, 'b', node, createId),
      insertOnEdge(folded, edge.id, dropped, createId),
      addLayer(folded, 'Dropout', ['a', 'b'], { x: 0, y: 0 }).change,
    ]) {
      const added = applyAndUndo(folded, change);
      expect(covering(added)).toBe(0);
      expect(placeOf(added, 'out').y).toBeGreaterThan(added.nodes.at(-1)!.position.y);
      expect(added.nodes.at(-1)!.group).toBeUndefined();
      expect(covering(applyAndUndo(added, setCollapsed(added, 'g', false)))).toBe(0);
    }
  });

  it('moves the group as one card', () => {
    const first = folded.edges.find(({ source, target }) => source === 'in' && target === 'a')!;
    const node = { ...create(), position: placeOf(folded, 'a') };
    const added = applyAndUndo(folded, insertOnEdge(folded, first.id, node, createId));
    const [a, b] = [placeOf(added, 'a'), placeOf(added, 'b')];
    expect(b.y - a.y).toBe(placeOf(folded, 'b').y - placeOf(folded, 'a').y);
    expect(a.y).toBeGreaterThan(placeOf(folded, 'a').y);
    expect(covering(added)).toBe(0);
  });

  it('expanding moves neighbors aside', () => {
    const wide = {
      ...folded,
      nodes: folded.nodes.map((node) => (node.id === 'b' ? { ...node, position: { x: 400, y: 150 } } : node)),
    };
    expect(covering(applyAndUndo(wide, setCollapsed(wide, 'g', false)))).toBe(0);
  });
});

it('shifted layers also shift the layers they would cover', () => {
  const graph = documentOf('down', 'in a out', 'in b x');
  const at = new Map([
    ['b', { x: 300, y: 112 }],
    ['x', { x: 30, y: 224 }],
    ['a', { x: 0, y: 112 }],
    ['out', { x: 300, y: 336 }],
  ]);
  const nodes = graph.nodes.map((node) => ({ ...node, position: at.get(node.id) ?? node.position }));
  const document = { ...graph, nodes };
  const node = createNode(document, 'Dropout', { x: 0, y: 60 }, createId);
  const edge = document.edges.find(({ target }) => target === 'a')!;
  const added = applyAndUndo(document, insertOnEdge(document, edge.id, node, createId));
  expect(covering(added)).toBe(0);
  expect(placeOf(added, 'b')).toEqual(at.get('b'));
});

it.each(['Input', 'Output', 'BlockInput', 'BlockOutput'])(
  '%s dropped on a connection is placed next to it, without connecting',
  (kind) => {
    const document = documentOf('down', 'in a b out');
    const edge = document.edges.find(({ target }) => target === 'b')!;
    const node = createNode(document, kind, placeOf(document, 'a'), createId);
    const added = applyAndUndo(document, insertOnEdge(document, edge.id, node, createId));
    expect(added.edges).toEqual(document.edges);
    expect(added.nodes).toHaveLength(document.nodes.length + 1);
    expect(covering(added)).toBe(0);
    for (const { id, position } of document.nodes) expect(placeOf(added, id)).toEqual(position);
  },
);

describe('inserting with flow direction right', () => {
  const document = documentOf('right', 'in a b join out', 'in join');

  it('adds a layer to the right and shifts the following ones', () => {
    const node = createNode(document, 'Dropout', { x: 0, y: 0 }, createId);
    const added = applyAndUndo(document, addNodeAfter(document, 'a', node, createId));
    expect(placeOf(added, node.id)).toEqual(placeOf(document, 'b'));
    expect(placeOf(added, 'b')).toEqual(placeOf(document, 'join'));
    expect(covering(added, 'right')).toBe(0);
  });

  it('places a layer of a skip connection next to the main path, which stays', () => {
    const edge = document.edges.find(({ source, target }) => source === 'in' && target === 'join')!;
    const at = { ...placeOf(document, 'b'), y: placeOf(document, 'b').y + 30 };
    const node = { ...createNode(document, 'Dense', at, createId) };
    const added = applyAndUndo(document, insertOnEdge(document, edge.id, node, createId));
    for (const id of ['in', 'a', 'b']) expect(placeOf(added, id)).toEqual(placeOf(document, id));
    expect(covering(added, 'right')).toBe(0);
  });

  it('adds a layer at the right end when nothing is selected', () => {
    const { change, nodeId } = addLayer(document, 'Dropout', [], { x: 0, y: 0 });
    expect(placeOf(applyAndUndo(document, change), nodeId).x).toBeGreaterThan(placeOf(document, 'out').x);
  });

  it('fixes add layers at the right end', () => {
    const params = { kind: 'Output', params: {}, connectFrom: 'out', connectTo: null };
    const fix: Fix = { label: 'Add an Output', action: 'add-node', params };
    const added = applyAndUndo(document, changeForFix(document, fix, createId));
    const [place, end] = [added.nodes.at(-1)!.position, placeOf(document, 'out')];
    expect([place.x > end.x + CARD.width, place.y]).toEqual([true, end.y]);
  });
});
