import { expect, test } from 'vitest';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { lightColours } from '../../src-shared/canvas/picture/colours.ts';
import { comparisonPicture } from '../../src-shared/canvas/picture/comparison-picture.ts';

/** Cards in one column, connected in this order. */
function chain(...names: string[]): ModelDocument {
  return {
    format: 'lamina.model',
    version: 6,
    name: 'm',
    nodes: names.map((name, index) => ({
      id: name,
      kind: 'Dense',
      name,
      params: {},
      position: { x: 40, y: 112 * index },
      frozen: false,
    })),
    edges: names.slice(1).map((target, index) => ({ id: `e${index}`, source: names[index]!, target })),
    blocks: [],
    notes: [{ id: 'n', text: 'note', position: { x: 40, y: 300 }, size: { width: 200, height: 80 } }],
  };
}

const pictureOf = (before: ModelDocument, after: ModelDocument) =>
  comparisonPicture(after, compareModels(before, after), lightColours);

/** Top left corner of each card, by id. */
function cardsIn(svg: string): Map<string, [x: number, y: number]> {
  const found = svg.matchAll(/<g data-id="([^"]*)"><rect x="([-\d.]+)" y="([-\d.]+)"/g);
  return new Map([...found].map(([, id, x, y]) => [id!, [Number(x), Number(y)]]));
}

test('removed layers are drawn at their former rank, without overlaps', () => {
  const svg = pictureOf(chain('a', 'b', 'c', 'd', 'e'), chain('a', 'd', 'x', 'e'));
  const cards = cardsIn(svg);
  const rank = (id: string) => cards.get(id)![1];
  expect(cards.size).toBe(6);
  expect(rank('a')).toBeLessThan(rank('removed b'));
  expect(rank('removed b')).toBeLessThan(rank('removed c'));
  expect(rank('removed c')).toBeLessThan(rank('d'));
  expect(rank('x')).toBeLessThan(rank('e'));
  const places = [...cards.values()];
  const over = places.filter(([x, y], i) =>
    places.some(([left, top], j) => i !== j && Math.abs(left - x) < 180 && Math.abs(top - y) < 76),
  );
  expect(over).toEqual([]);
  expect(svg).not.toContain('>note<');
});

test('a model without removed layers is drawn with its canvas positions', () => {
  const after = chain('a', 'b', 'c');
  const changed = { ...after, nodes: after.nodes.map((node) => (node.id === 'b' ? { ...node, frozen: true } : node)) };
  const svg = pictureOf(after, changed);
  expect([...cardsIn(svg)]).toEqual(after.nodes.map(({ id, position: { x, y } }) => [id, [x, y]]));
  expect(svg).toContain('>note<');
});
