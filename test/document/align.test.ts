import { describe, expect, it } from 'vitest';
import { align, distribute } from '../../src-shared/document/align.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../../src-shared/document/model-document.ts';
import type { ModelDocument } from '../../src-shared/document/model-document.ts';
import { applyChange } from '../../src-shared/document/operations.ts';

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
  applyChange(document, change!).document.nodes.map(({ position: { x, y } }) => [x, y]);

describe('arranging cards', () => {
  it('aligns to an edge or the middle', () => {
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
      [100, 150],
      [50, 1000],
    ]);
  });

  it('distributes with equal gaps, and spreads what would overlap', () => {
    expect(after(distribute(document, ['0', '1', '2'], 'y'))).toEqual([
      [0, 0],
      [100, 500],
      [50, 1000],
    ]);
    expect(after(distribute(document, ['0', '1', '2'], 'x')).map(([x]) => x)).toEqual([0, 440, 220]);
  });

  it('has nothing to do for one card, or what is arranged', () => {
    expect(align(document, ['0'], 'left')).toBeNull();
    expect(distribute(document, ['0', '1'], 'y')).toBeNull();
  });
});
