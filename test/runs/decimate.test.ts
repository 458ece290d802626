import { describe, expect, it } from 'vitest';
import { decimate } from '../../src-main/runs/decimate.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';

const stepsOf = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i + 1);

describe('decimate', () => {
  it('returns short curves unchanged', () => {
    expect(decimate([1, 2, 3], [5, 4, 3], 3)).toEqual([
      [1, 5],
      [2, 4],
      [3, 3],
    ]);
    expect(decimate([], [], 10)).toEqual([]);
  });

  it.each([
    [11, 10],
    [1000, 10],
    [1001, 200],
    [20_000, 999],
  ])('keeps order, ends, minimum and maximum of %i points in %i', (count, maxPoints) => {
    const losses = uniform([count, maxPoints], 0, count);
    const points = decimate(stepsOf(count), losses, maxPoints);
    expect(points.length).toBeLessThanOrEqual(maxPoints);
    expect(points.length).toBeGreaterThan(maxPoints / 2);
    expect(points[0]).toEqual([1, losses[0]]);
    expect(points.at(-1)).toEqual([count, losses[count - 1]]);
    expect(points.every(([step], i) => i === 0 || step > points[i - 1]![0])).toBe(true);
    const kept = points.map(([, loss]) => loss);
    expect(Math.min(...kept)).toBe(Math.min(...losses));
    expect(Math.max(...kept)).toBe(Math.max(...losses));
  });
});
