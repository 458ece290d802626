import { describe, expect, it } from 'vitest';
import { CARD, type Position } from '../../src-shared/document/edits.ts';
import type { FlowDirection } from '../../src-shared/document/flow-direction.ts';
import { MODEL_FORMAT, MODEL_VERSION, type ModelDocument } from '../../src-shared/document/model-document.ts';
import { applyChange } from '../../src-shared/document/operations.ts';
import { arrange, arrangeSome, countCards } from '../../src-shared/layout/arrange.ts';
import { graphOf, placesOf } from '../support/graphs.ts';

type Places = Readonly<Record<string, readonly [number, number]>>;

/** Layers by name, at these places. */
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
  if (change === null) throw new Error('Nothing was moved.');
  const applied = applyChange(document, change);
  expect(applyChange(applied.document, applied.inverse).document).toEqual(document);
  return { label: change.label, places: placesOf(applied.document) };
}

const overlap = (a: Position, b: Position) => Math.abs(a.x - b.x) < CARD.width && Math.abs(a.y - b.y) < CARD.height;

describe('arranging some layers', () => {
  const scattered = documentOf(
    { a: [0, 0], b: [300, 20], c: [50, 400], d: [320, 390], far: [2000, 2000] },
    'a b d',
    'a c d far',
  );

  it('moves them alone, around the middle of where they were, in one step', () => {
    const { label, places } = after(scattered, ['a', 'b', 'c', 'd']);
    expect(label).toBe('Arrange 4 layers');
    expect(places.get('far')).toEqual({ x: 2000, y: 2000 });
    expect(['a', 'b', 'c', 'd'].map((id) => places.get(id)!.y)).toEqual([88, 200, 200, 312]);
    const [b, c] = [places.get('b')!, places.get('c')!];
    expect(c.x - b.x).toBe(CARD.width + CARD.gapX);
    expect((b.x + c.x) / 2).toBe(160);
    expect([places.get('a')!.x, places.get('d')!.x]).toEqual([160, 160]);
  });

  it('to the right too', () => {
    const { places } = after(scattered, ['b', 'd'], 'right');
    expect(places.get('b')!.y).toBe(places.get('d')!.y);
    expect(places.get('d')!.x).toBeGreaterThan(places.get('b')!.x + CARD.width);
  });

  it('lie over no others, in the nearest place beside', () => {
    const document = documentOf({ a: [0, 0], b: [0, 600], between: [10, 300] }, 'a b', 'between');
    const { places } = after(document, ['a', 'b']);
    const [a, b, between] = ['a', 'b', 'between'].map((id) => places.get(id)!);
    expect([overlap(a!, between!), overlap(b!, between!)]).toEqual([false, false]);
    expect(b!.y - a!.y).toBe(CARD.height + CARD.gapY);
    expect(Math.abs(a!.x) + Math.abs((a!.y + b!.y) / 2 - 300)).toBeLessThanOrEqual(CARD.width + CARD.gapX);
  });

  it('stay in the order of the layers between them', () => {
    const document = documentOf({ a: [0, 0], b: [0, 112], c: [0, 224], d: [400, 0] }, 'a b c', 'd');
    const { places } = after(document, ['c', 'a']);
    expect(places.get('c')!.y - places.get('a')!.y).toBe(CARD.height + CARD.gapY);
  });

  it('move a folded group as one card', () => {
    const document = documentOf({ a: [0, 0], b: [500, 100], c: [560, 300], d: [90, 700] }, 'a b c d');
    const grouped: ModelDocument = {
      ...document,
      nodes: document.nodes.map((node) => ('bc'.includes(node.id) ? { ...node, group: 'g' } : node)),
      groups: [{ id: 'g', name: 'Group 1', collapsed: true }],
    };
    expect([countCards(grouped, ['b', 'c']), countCards(grouped, ['a', 'b', 'c'])]).toEqual([1, 2]);
    const { places } = after(grouped, ['a', 'b', 'c', 'd']);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => places.get(id)!);
    expect([c!.x - b!.x, c!.y - b!.y]).toEqual([60, 200]);
    expect([b!.y - a!.y, d!.y - a!.y]).toEqual([112, 224]);
    // The card, in the middle of its members, is in line with the rest.
    expect([a!.x, d!.x]).toEqual([b!.x + 30, b!.x + 30]);
  });

  it('have nothing to do where they are in order', () => {
    const document = documentOf({ a: [0, 0], b: [0, 112], c: [700, 112] }, 'a b c');
    expect(arrangeSome(document, ['a', 'b'], 'down')).toBeNull();
    expect(arrange(document, 'down')?.label).toBe('Arrange layers');
  });
});
