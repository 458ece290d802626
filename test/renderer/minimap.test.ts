import { describe, expect, it } from 'vitest';
import type { CanvasNode } from '../../src-renderer/features/model/nodes/canvas-nodes.ts';
import { minimapOf } from '../../src-renderer/features/model/canvas/view/minimap.ts';

const SIZE = [176, 128] as const;

const card = (index: number, family: string, more: { frozen?: boolean; problem?: 'error'; x?: number } = {}) =>
  ({
    id: `n${index}`,
    type: 'layer',
    position: { x: more.x ?? 0, y: 112 * index },
    width: 180,
    height: 76,
    data: { family, frozen: more.frozen ?? false, problem: more.problem ?? null },
  }) as unknown as CanvasNode;

/** Rectangles of a path. */
function boxes(path: string): { x: number; y: number; width: number; height: number }[] {
  return [...path.matchAll(/M(\S+) (\S+)h(\S+)v(\S+)h\S+z/g)].map(([, x, y, width, height]) => ({
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }));
}

describe('minimap', () => {
  it('fills cards by family, and frozen cards in ice color', () => {
    const { marks } = minimapOf(
      [card(0, 'input'), card(1, 'core'), card(2, 'core', { frozen: true }), card(3, 'convolution')],
      ...SIZE,
    );
    expect(marks.map(({ fill, path }) => [fill, boxes(path).length])).toEqual([
      ['var(--family-input)', 1],
      ['var(--family-core)', 1],
      ['var(--ice-line)', 1],
      ['var(--family-convolution)', 1],
    ]);
  });

  it.each([1, 2, 10, 500, 2_000])('draws a stack of %d layers with visible widths, inside the map', (count) => {
    const nodes = Array.from({ length: count }, (_, index) => card(index, index % 2 === 0 ? 'core' : 'activation'));
    const drawn = minimapOf(nodes, ...SIZE).marks.flatMap(({ path }) => boxes(path));
    expect(drawn.length).toBeGreaterThanOrEqual(Math.min(count, 100));
    for (const { x, y, width, height } of drawn) {
      expect(Math.min(width - 3, height - 1, x, y)).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(SIZE[0]);
      expect(y + height).toBeLessThanOrEqual(SIZE[1]);
    }
  });

  it('uses the color of most cards that share a pixel', () => {
    // 2,000 layers, one in four of another family: several cards share each pixel.
    const nodes = Array.from({ length: 2_000 }, (_, index) => card(index, index % 4 === 3 ? 'activation' : 'core'));
    const counts = minimapOf(nodes, ...SIZE).marks.map(({ fill, path }) => [fill, boxes(path).length] as const);
    expect(counts).toEqual([['var(--family-core)', expect.any(Number)]]);
  });

  it('marks cards with errors', () => {
    expect(boxes(minimapOf([card(0, 'core'), card(1, 'core', { problem: 'error' })], ...SIZE).failing)).toHaveLength(1);
  });

  it('converts positions between canvas and map, and keeps the view frame inside the map', () => {
    const map = minimapOf([card(0, 'core'), card(9, 'core', { x: 600 })], ...SIZE);
    const part = { x: 100, y: 300, width: 200, height: 150 };
    const { x, y } = map.onMap(part);
    const back = map.onCanvas({ x, y });
    expect(back.x).toBeCloseTo(part.x, 6);
    expect(back.y).toBeCloseTo(part.y, 6);
    const far = map.onMap({ x: 1e6, y: -1e6, width: 10, height: 10 });
    expect(far.width).toBeGreaterThanOrEqual(5);
    expect(far.x + far.width).toBeLessThanOrEqual(SIZE[0]);
    expect(far.y).toBeGreaterThanOrEqual(0);
  });

  it('is empty without layers', () => {
    expect(minimapOf([], ...SIZE).marks).toEqual([]);
  });
});
