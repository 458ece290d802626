import type { Passage } from './edge-path.ts';

/** A range across the direction of a graph. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** A row of obstacles that a connection must cross outside of the blocked ranges. */
export interface Band {
  readonly from: number;
  readonly to: number;
  /** Ascending, disjoint. */
  readonly blocked: readonly Span[];
}

/** Cost of a bend, in pixels of detour. */
const BEND = 40;
/** Extra cost of one of the sides, so that connections prefer the other one. */
const OTHER_SIDE = 120;
/** Number of partial paths kept after each band (beam search). */
const BEAM_WIDTH = 12;

/** A path through the bands so far. */
interface PartialPath {
  readonly across: number;
  readonly cost: number;
  readonly before: PartialPath | null;
}

/**
 * A path through the bands with short detours and few bends.
 *
 * @param start Position across.
 * @param end Position across.
 * @param side Preferred side of both ends: of smaller positions (`low`) or larger ones (`high`).
 */
export function passagesThrough(
  { start, end }: { readonly start: number; readonly end: number },
  bands: readonly Band[],
  side: 'low' | 'high',
): Passage[] {
  const isOtherSide = (across: number) =>
    side === 'high' ? across < Math.min(start, end) : across > Math.max(start, end);
  const costOf = (from: number, to: number): number => {
    if (from === to) return 0;
    return BEND + Math.abs(to - from) + (isOtherSide(to) ? OTHER_SIDE : 0);
  };
  let paths: PartialPath[] = [{ across: start, cost: 0, before: null }];
  for (const { blocked } of bands) {
    const next = new Map<number, PartialPath>();
    for (const before of paths) {
      for (const across of freePositions(before.across, blocked)) {
        const cost = before.cost + costOf(before.across, across);
        if (cost < (next.get(across)?.cost ?? Infinity)) next.set(across, { across, cost, before });
      }
    }
    paths = [...next.values()].sort((a, b) => a.cost - b.cost).slice(0, BEAM_WIDTH);
  }
  const totalCost = ({ across, cost }: PartialPath) => cost + costOf(across, end);
  const best = paths.reduce((least, path) => (totalCost(path) < totalCost(least) ? path : least));
  return passagesOf(best, bands);
}

/** The position itself if it is free, and the nearest free positions on both sides. */
function freePositions(across: number, blocked: readonly Span[]): number[] {
  let behind = 0;
  while (behind < blocked.length && blocked[behind]!.low < across) behind++;
  const [last, next] = [blocked[behind - 1], blocked[behind]];
  if (last !== undefined && last.high > across) return [last.low, last.high];
  const positions = [across];
  if (last !== undefined) positions.push(last.low);
  if (next !== undefined) positions.push(next.high);
  return positions;
}

/** The passages of a path; bands crossed in one line become one passage. */
function passagesOf(path: PartialPath, bands: readonly Band[]): Passage[] {
  const passages: Passage[] = [];
  let at = path;
  for (const { from, to } of bands.toReversed()) {
    const last = passages.at(-1);
    if (last?.across === at.across) passages[passages.length - 1] = { ...last, from };
    else passages.push({ across: at.across, from, to });
    at = at.before!;
  }
  return passages.reverse();
}
