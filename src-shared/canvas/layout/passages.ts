import type { Passage } from './edge-path.ts';

/** A stretch across the direction of a graph. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** What lies across a connection's way: it passes where nothing is blocked. */
export interface Band {
  readonly from: number;
  readonly to: number;
  /** In order, apart from one another. */
  readonly blocked: readonly Span[];
}

/** What a bend costs, as so many pixels of way aside. */
const BEND = 40;
/** What the side before both ends costs more, so that connections keep to one side. */
const OTHER_SIDE = 120;
/** So many ways are followed at a time. */
const WAYS = 12;

/** A way through the bands so far. */
interface Way {
  readonly across: number;
  readonly cost: number;
  readonly before: Way | null;
}

/** The way through bands from one place to another with little way aside and few bends. */
export function passagesThrough(start: number, end: number, bands: readonly Band[]): Passage[] {
  const costOf = (from: number, to: number): number => {
    if (from === to) return 0;
    return BEND + Math.abs(to - from) + (to < Math.min(start, end) ? OTHER_SIDE : 0);
  };
  let ways: Way[] = [{ across: start, cost: 0, before: null }];
  for (const { blocked } of bands) {
    const next = new Map<number, Way>();
    for (const before of ways) {
      for (const across of placesNear(before.across, blocked)) {
        const cost = before.cost + costOf(before.across, across);
        if (cost < (next.get(across)?.cost ?? Infinity)) next.set(across, { across, cost, before });
      }
    }
    ways = [...next.values()].sort((a, b) => a.cost - b.cost).slice(0, WAYS);
  }
  const whole = ({ across, cost }: Way) => cost + costOf(across, end);
  const best = ways.reduce((least, way) => (whole(way) < whole(least) ? way : least));
  return passagesOf(best, bands);
}

/** The place itself where it is free, and the nearest free ones to both sides. */
function placesNear(across: number, blocked: readonly Span[]): number[] {
  let behind = 0;
  while (behind < blocked.length && blocked[behind]!.low < across) behind++;
  const [last, next] = [blocked[behind - 1], blocked[behind]];
  if (last !== undefined && last.high > across) return [last.low, last.high];
  const places = [across];
  if (last !== undefined) places.push(last.low);
  if (next !== undefined) places.push(next.high);
  return places;
}

/** Bands passed in one line make one passage. */
function passagesOf(way: Way, bands: readonly Band[]): Passage[] {
  const passages: Passage[] = [];
  let at: Way = way;
  for (const { from, to } of bands.toReversed()) {
    const last = passages.at(-1);
    if (last?.across === at.across) passages[passages.length - 1] = { ...last, from };
    else passages.push({ across: at.across, from, to });
    at = at.before!;
  }
  return passages.reverse();
}
