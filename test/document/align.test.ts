import { describe, expect, it } from 'vitest';
import { align, distribute } from '../../src-shared/document/geometry/align.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../../src-shared/document/schema/model-document.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';

const places = [
  { x: 0, y: 0 },
  { x: 100, y: 300 },
  { x: 50, y: 1000 },
];
const document: ModelDocument = {
  format: MODEL_FORMAT,
  version: MODEL_VERSION,
  name: 'model',
  nodes: places.map((position, i) => ({
    id: `${i}`,
    kind: 'Dense',
    name: `d${i}`,
    params: {},
    position,
    frozen: false,
  })),
  edges: [],
  blocks: [],
};
const after = (change: ReturnType<typeof align>) =>
  applyChange(document, change!).nodes.map(({ position: { x, y } }) => [x, y]);

describe('aligning cards', () => {
  it('aligns to an edge or the center', () => {
    expect(after(align(document, ['0', '1', '2'], 'left'))).toEqual([
      [0, 0],
      [0, 300],
      [0, 1000],
    ]);
    expect(after(align(document, ['0', '1'], 'right'))).toEqual([
      [100, 0],
      [100, 300],
      [50, 1000],
    ]);
    expect(after(align(document, ['0', '1'], 'middle'))).toEqual([
      [0, 150],
      [220, 150],
      [50, 1000],
    ]);
  });

  it.each(['middle', 'top', 'bottom'] as const)('places a column side by side in one row: %s', (to) => {
    const column = {
      ...document,
      nodes: document.nodes.map((node, i) => ({ ...node, position: { x: 8, y: i * 112 } })),
    };
    const moved = applyChange(column, align(column, ['2', '0', '1'], to)!).nodes;
    expect(moved.map(({ position }) => position.x)).toEqual([8, 228, 448]);
    expect(new Set(moved.map(({ position }) => position.y)).size).toBe(1);
  });

  it('stacks a row in one column', () => {
    const row = { ...document, nodes: document.nodes.map((node, i) => ({ ...node, position: { x: i * 220, y: 8 } })) };
    const moved = applyChange(row, align(row, ['0', '1', '2'], 'centre')!).nodes;
    expect(moved.map(({ position }) => [position.x, position.y])).toEqual([
      [220, 8],
      [220, 120],
      [220, 232],
    ]);
  });

  it('distributes with equal gaps, and resolves overlaps', () => {
    expect(after(distribute(document, ['0', '1', '2'], 'y'))).toEqual([
      [0, 0],
      [100, 500],
      [50, 1000],
    ]);
    expect(after(distribute(document, ['0', '1', '2'], 'x')).map(([x]) => x)).toEqual([0, 440, 220]);
  });

  it('returns null for one card and for aligned cards', () => {
    expect(align(document, ['0'], 'left')).toBeNull();
    expect(distribute(document, ['0', '1'], 'y')).toBeNull();
  });
});
