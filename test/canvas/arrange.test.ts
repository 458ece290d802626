import { describe, expect, it } from 'vitest';
import { copyNodes, paste } from '../../src-shared/document/edits/clipboard.ts';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import { CARD, moveByHand, type Position } from '../../src-shared/document/edits/edits.ts';
import type { FlowDirection } from '../../src-shared/document/geometry/flow-direction.ts';
import { MODEL_FORMAT, MODEL_VERSION, type ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { arrange, arrangeAll, arrangeSome, countCards, countPlaced } from '../../src-shared/canvas/layout/arrange.ts';
import { arranged, graphOf, placesOf, randomGraph, withPorts } from '../support/graphs.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

type Places = Readonly<Record<string, readonly [number, number]>>;

/** Layers at the given positions, by name. */
function documentOf(places: Places, ...chains: readonly string[]): ModelDocument {
  const { nodes, edges } = graphOf(...chains);
  const placed = nodes.map((node) => {
    const [x, y] = places[node.id]!;
    return { ...node, position: { x, y } };
  });
  return { format: MODEL_FORMAT, version: MODEL_VERSION, name: 'test', nodes: placed, edges, blocks: [] };
}

function after(document: ModelDocument, ids: readonly string[], direction: FlowDirection = 'down') {
  const change = arrangeSome(document, ids, direction);
  return { label: change?.label, places: placesOf(applyAndUndo(document, change)) };
}

const overlap = (a: Position, b: Position) => Math.abs(a.x - b.x) < CARD.width && Math.abs(a.y - b.y) < CARD.height;

describe('arrangeSome', () => {
  const scattered = documentOf(
    { a: [0, 0], b: [300, 20], c: [50, 400], d: [320, 390], far: [2000, 2000] },
    'a b d',
    'a c d far',
  );

  it('moves only the selected layers, around their previous center, in one step', () => {
    const { label, places } = after(scattered, ['a', 'b', 'c', 'd']);
    expect(label).toBe('Arrange 4 layers');
    expect(places.get('far')).toEqual({ x: 2000, y: 2000 });
    expect(['a', 'b', 'c', 'd'].map((id) => places.get(id)!.y)).toEqual([88, 200, 200, 312]);
    const [b, c] = [places.get('b')!, places.get('c')!];
    expect(c.x - b.x).toBe(CARD.width + CARD.gapX);
    expect((b.x + c.x) / 2).toBe(160);
    expect([places.get('a')!.x, places.get('d')!.x]).toEqual([160, 160]);
  });

  it('places the sources of named inputs in their order, also through layers that are not selected', () => {
    const places = { b: [0, 0], c: [300, 0], between: [0, 200], a: [100, 400] } as const;
    const document = documentOf(places, 'b a', 'c between a');
    const subtract = { ...document, ...withPorts(document, 'Subtract', { b: 'b', between: 'a' }) };
    const at = after(subtract, ['a', 'b', 'c']).places;
    expect(at.get('c')!.x).toBeLessThan(at.get('b')!.x);
  });

  it('arranges from left to right when the flow direction is right', () => {
    const { places } = after(scattered, ['b', 'd'], 'right');
    expect(places.get('b')!.y).toBe(places.get('d')!.y);
    expect(places.get('d')!.x).toBeGreaterThan(places.get('b')!.x + CARD.width);
  });

  it('avoids overlaps with other layers and keeps the selection near its previous position', () => {
    const document = documentOf({ a: [0, 0], b: [0, 600], between: [10, 300] }, 'a b', 'between');
    const { places } = after(document, ['a', 'b']);
    const [a, b, between] = ['a', 'b', 'between'].map((id) => places.get(id)!);
    expect([overlap(a!, between!), overlap(b!, between!)]).toEqual([false, false]);
    expect(b!.y - a!.y).toBe(CARD.height + CARD.gapY);
    expect(Math.abs(a!.x) + Math.abs((a!.y + b!.y) / 2 - 300)).toBeLessThanOrEqual(CARD.width + CARD.gapX);
  });

  it('keeps the order of selected layers that are connected through other layers', () => {
    const document = documentOf({ a: [0, 0], b: [0, 112], c: [0, 224], d: [400, 0] }, 'a b c', 'd');
    const { places } = after(document, ['c', 'a']);
    expect(places.get('c')!.y - places.get('a')!.y).toBe(CARD.height + CARD.gapY);
  });

  it('moves a collapsed group as one card and arranges its members', () => {
    const document = documentOf({ a: [0, 0], b: [500, 100], c: [560, 300], d: [90, 700] }, 'a b c d');
    const grouped: ModelDocument = {
      ...document,
      nodes: document.nodes.map((node) => ('bc'.includes(node.id) ? { ...node, group: 'g' } : node)),
      groups: [{ id: 'g', name: 'Group 1', collapsed: true }],
    };
    expect([countCards(grouped, ['b', 'c']), countCards(grouped, ['a', 'b', 'c'])]).toEqual([1, 2]);
    const { places } = after(grouped, ['a', 'b', 'c', 'd']);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => places.get(id)!);
    expect([c!.x - b!.x, c!.y - b!.y]).toEqual([0, 112]);
    expect([b!.y - a!.y, d!.y - a!.y]).toEqual([112, 224]);
    expect([a!.x, d!.x]).toEqual([b!.x, b!.x]);
  });

  it('returns null when the layers are already arranged', () => {
    const document = documentOf({ a: [0, 0], b: [0, 112], c: [700, 112] }, 'a b c');
    expect(arrangeSome(document, ['a', 'b'], 'down')).toBeNull();
    expect(arrange(document, 'down')?.label).toBe('Arrange layers');
  });
});

describe('arrange', () => {
  const document = documentOf({ a: [0, 0], b: [300, 90], c: [10, 300], d: [0, 380], e: [40, 500] }, 'a b d e', 'a c e');

  /** Drags layers by the given offsets, then arranges all, twice: the second time nothing moves. */
  function arrangedAround(moved: Places, direction: FlowDirection = 'down', of = chain) {
    const by = new Map(Object.entries(moved).map(([id, [x, y]]) => [id, { x, y }]));
    const places = placesOf(of);
    const to = new Map([...by].map(([id, { x, y }]) => [id, { x: places.get(id)!.x + x, y: places.get(id)!.y + y }]));
    const dragged = applyChange(of, moveByHand(of, to)!);
    const change = arrange(dragged, direction);
    const result = change === null ? dragged : applyAndUndo(dragged, change);
    for (const id of to.keys()) expect(placesOf(result).get(id)).toEqual(to.get(id));
    expect(arrange(result, direction)).toBeNull();
    const all = [...placesOf(result).values()];
    expect(all.filter((one, i) => all.slice(i + 1).some((other) => overlap(one, other)))).toEqual([]);
    return placesOf(result);
  }
  const chain = documentOf({ a: [0, 0], b: [0, 112], c: [0, 224], d: [0, 336] }, 'a b c d');

  it('keeps manually placed layers and arranges the rest', () => {
    const places = arrangedAround({ b: [200, 0] });
    expect(['a', 'c', 'd'].map((id) => places.get(id))).toEqual([
      { x: 0, y: 0 },
      { x: 0, y: 224 },
      { x: 0, y: 336 },
    ]);
  });

  it.each([
    ['down', { b: [0, 60] }, [0, 172, 284, 396]],
    ['up', { c: [0, -60] }, [-60, 52, 164, 276]],
    ['far down', { b: [30, 900] }, [0, 1012, 1124, 1236]],
  ] as const)('keeps the order along the flow when a layer was dragged %s', (_, moved, ys) => {
    const places = arrangedAround(moved);
    expect(['a', 'b', 'c', 'd'].map((id) => places.get(id)!.y)).toEqual(ys);
  });

  it('moves other layers away from a manually placed layer', () => {
    const branches = documentOf({ a: [0, 0], b: [0, 112], c: [220, 112], d: [110, 224] }, 'a b d', 'a c d');
    arrangedAround({ c: [-150, 20] }, 'down', branches);
    arrangedAround({ c: [-150, 20] }, 'right', branches);
    arrangedAround({ a: [-70, 190], d: [20, -40] }, 'right', branches);
  });

  it.each([1, 2, 3, 4, 5, 6])('keeps manually placed layers of random graph %i without overlaps', (seed) => {
    const graph = arranged(randomGraph(seed, 40), 'down');
    const random: ModelDocument = { ...chain, ...graph };
    arrangedAround({ n5: [-90, 130], n12: [300, -40], n30: [10, 20] }, seed % 2 === 0 ? 'down' : 'right', random);
  });

  it('arrangeAll also moves manually placed layers, in one step', () => {
    const dragged = applyChange(chain, moveByHand(chain, new Map([['b', { x: 500, y: 50 }]]))!);
    expect([countPlaced(chain), countPlaced(dragged)]).toEqual([0, 1]);
    const change = arrangeAll(dragged, 'down')!;
    expect([change.label, applyAndUndo(dragged, change)]).toEqual(['Arrange everything', chain]);
    expect(arrangeAll(chain, 'down')).toBeNull();
  });

  it('keeps a manually placed group', () => {
    const grouped: ModelDocument = {
      ...document,
      nodes: document.nodes.map((node) => ('bd'.includes(node.id) ? { ...node, group: 'g' } : node)),
      groups: [{ id: 'g', name: 'Group 1', collapsed: true }],
    };
    const loose = applyChange(grouped, arrange(grouped, 'down')!);
    const [b, d] = ['b', 'd'].map((id) => placesOf(loose).get(id)!);
    expect([d!.x - b!.x, d!.y - b!.y]).toEqual([0, CARD.height + CARD.gapY]);
    const to = new Map([['b', { x: 700, y: 0 }] as const, ['d', { x: 800, y: 300 }] as const]);
    const placed = applyChange(grouped, moveByHand(grouped, to)!);
    const places = placesOf(applyChange(placed, arrange(placed, 'down')!));
    expect([places.get('b'), places.get('d')]).toEqual([...to.values()]);
  });

  it('countPlaced ignores layers that were moved all together and pasted layers', () => {
    const all = new Map(chain.nodes.map(({ id, position }) => [id, { x: position.x + 50, y: position.y }]));
    expect(countPlaced(applyChange(chain, moveByHand(chain, all)!))).toBe(0);
    const dragged = applyChange(chain, moveByHand(chain, new Map([['b', { x: 500, y: 50 }]]))!);
    const { change } = paste(dragged, copyNodes(dragged, ['b'])!, { x: 0, y: 200 }, () => 'copy');
    expect(countPlaced(applyChange(dragged, change))).toBe(1);
    expect(compareModels(chain, dragged).same).toBe(true);
  });
});
