import { CARD, type Position } from '../edits/edits.ts';

/** Cards further from each other cannot be in view together at any zoom. */
const FARTHEST = 30_000;
/** Beyond it browsers place nothing exactly. */
const LIMIT = 1_000_000;

/** Stands for a place that could not be read. */
export const NOWHERE: Position = { x: Infinity, y: Infinity };

interface Placed {
  readonly id: string;
  readonly position: Position;
}

/**
 * New places for cards and notes that lie where they cannot be seen together with most of the others: one
 * below the other, behind all that stays.
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

/** The most items that follow each other along an axis without too wide a gap. */
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
