import { describe, expect, it } from 'vitest';
import { decimate, type Point } from '../../src-renderer/ui/charts/decimate.ts';

describe('decimate', () => {
  const points = Array.from({ length: 10_000 }, (_, i): Point => [i, Math.sin(i / 100)]);

  it('keeps ends, spikes and order within the limit', () => {
    const spiked = points.map(([x, y]): Point => (x === 4321 ? [x, 99] : x === 4322 ? [x, -99] : [x, y]));
    const kept = decimate(spiked, 500);
    expect(kept.length).toBeLessThanOrEqual(500);
    expect(kept[0]).toEqual(spiked[0]);
    expect(kept.at(-1)).toEqual(spiked.at(-1));
    expect(kept.map(([, y]) => y)).toEqual(expect.arrayContaining([99, -99]));
    expect(kept.every(([x], i) => i === 0 || x > kept[i - 1]![0])).toBe(true);
  });

  it('returns short series unchanged', () => expect(decimate(points.slice(0, 10), 500)).toHaveLength(10));
});
