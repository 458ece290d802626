import { CARD, type Position } from '../edits/edits.ts';

/** Cards further apart, in pixels, cannot be visible together at any zoom. */
const FARTHEST = 30_000;
/** Larger coordinates, in pixels, are inexact in browsers. */
const LIMIT = 1_000_000;
/** Position of a node whose position could not be read. */
export const NOWHERE: Position = { x: Infinity, y: Infinity };

interface Placed {
  readonly id: string;
  readonly position: Position;
}

/**
 * New positions for cards and notes that are too far from most others: in a column below all others.
 */
export function bringNear(items: readonly Placed[]): Map<string, Position> {
  const within = items.filter(({ position: { x, y } }) => Math.abs(x) <= LIMIT && Math.abs(y) <= LIMIT);
  const near = largestRun(largestRun(within, 'x'), 'y');
  const staying = new Set(near.map(({ id }) => id));
  const left = Math.min(...near.map(({ position }) => position.x));
  const bottom = Math.max(...near.map(({ position }) => position.y));
  const start = near.length === 0 ? { x: 0, y: 0 } : { x: left, y: bottom + CARD.height + CARD.gapY };
  const strays = items.filter(({ id }) => !staying.has(id));
  return new Map(strays.map(({ id }, index) => [id, { x: start.x, y: start.y + index * (CARD.height + CARD.gapY) }]));
}

/** The largest set of items along an axis without a gap above `FARTHEST`. */
function largestRun(items: readonly Placed[], axis: 'x' | 'y'): readonly Placed[] {
  const runs: Placed[][] = [];
  let last = -Infinity;
  for (const item of items.toSorted((a, b) => a.position[axis] - b.position[axis])) {
    if (item.position[axis] - last > FARTHEST) runs.push([]);
    runs.at(-1)!.push(item);
    last = item.position[axis];
  }
  return runs.reduce<Placed[]>((largest, run) => (run.length > largest.length ? run : largest), []);
}
