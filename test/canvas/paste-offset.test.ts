import { describe, expect, it } from 'vitest';
import { copyNodes, paste } from '../../src-shared/document/edits/clipboard.ts';
import { CARD } from '../../src-shared/document/edits/edits.ts';
import { boxesShown, type Box } from '../../src-shared/document/geometry/groups.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { freePosition, overlaps } from '../../src-shared/canvas/layout/free-position.ts';
import { pasteOffset } from '../../src-shared/canvas/layout/paste-offset.ts';
import { countingIds } from '../document/random-edits.ts';
import { mlpDocument } from '../support/documents.ts';

const document = mlpDocument();
const fragment = copyNodes(document, ['hidden1', 'hidden2'])!;

/** Boxes on the canvas and pasted nodes after pasting `times` times. */
function pasted(view: Box | null, times: number, into: ModelDocument = document) {
  const createId = countingIds();
  let current = into;
  for (let i = 0; i < times; i++) {
    const { change } = paste(current, fragment, pasteOffset(current, fragment, view), createId);
    current = applyChange(current, change);
  }
  return { boxes: boxesShown(current, 'down'), copies: current.nodes.slice(into.nodes.length) };
}

const inside = (view: Box, { x, y }: { x: number; y: number }) =>
  x >= view.x && y >= view.y && x + CARD.width <= view.x + view.width && y + CARD.height <= view.y + view.height;

describe('pasteOffset', () => {
  const wide = { x: -800, y: -100, width: 1800, height: 1000 };

  it('places each copy near the originals, in free space of the view', () => {
    const { boxes, copies } = pasted(wide, 3);
    expect(copies).toHaveLength(6);
    expect(copies.every(({ position }) => inside(wide, position))).toBe(true);
    expect(boxes.some((a, i) => boxes.slice(i + 1).some((b) => overlaps(a, b)))).toBe(false);
    const [first] = copies;
    expect(Math.abs(first!.position.x)).toBeLessThan(CARD.width + CARD.gapX);
  });

  it.each([
    ['out of view', { x: 5000, y: 3000, width: 900, height: 700 }, document],
    ['in another model', wide, { ...document, nodes: [], edges: [] }],
  ])('centers the copy in the view when the originals are %s', (_, view, into) => {
    const { copies } = pasted(view, 1, into);
    const middle = view.x + view.width / 2 - CARD.width / 2;
    expect(copies.map(({ position }) => position.x)).toEqual([middle, middle]);
    expect(copies.every(({ position }) => inside(view, position))).toBe(true);
  });

  it('shifts each copy by one step without free space or without a view', () => {
    for (const view of [null, { x: -20, y: 100, width: 230, height: 400 }]) {
      const { boxes } = pasted(view, 4);
      expect(new Set(boxes.map(({ x, y }) => `${x} ${y}`)).size).toBe(boxes.length);
    }
  });
});

describe('freePosition', () => {
  const bounds = { x: 0, y: 0, width: 600, height: 400 };

  it('returns the requested position if it is free, else the nearest free one in the bounds', () => {
    const wanted = { x: 200, y: 100, width: 100, height: 50 };
    expect(freePosition(wanted, [], bounds)).toEqual({ x: 200, y: 100 });
    const place = freePosition(wanted, [{ x: 190, y: 90, width: 300, height: 80 }], bounds);
    expect(place).toEqual({ x: 200, y: 16 });
    expect(freePosition({ ...wanted, x: 900 }, [], bounds)).toEqual({ x: 500, y: 100 });
  });

  it('returns null when the bounds are full or too small', () => {
    expect(freePosition({ x: 0, y: 0, width: 100, height: 50 }, [bounds], bounds)).toBeNull();
    expect(freePosition({ x: 0, y: 0, width: 700, height: 50 }, [], bounds)).toBeNull();
  });
});
