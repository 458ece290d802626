import type { Point } from './decimate.ts';

/** One line of a chart. */
export interface ChartSeries {
  readonly id: string;
  /** At the line's end and in the crosshair's list: 'validation', 'run 3'. */
  readonly label: string;
  /** 1-based index of a series colour. */
  readonly colour: number;
  /** Validation is solid, train the lighter dashed one, single steps a thin faint one. */
  readonly stroke: 'solid' | 'dashed' | 'thin';
  /** Ascending in x. */
  readonly points: readonly Point[];
  /** False: no words at the line's end. */
  readonly endLabel?: boolean;
}

/** A point worth a mark: the best epoch. */
export interface ChartMark {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly colour: number;
}

/** The point of ascending points nearest in x; null if there are no points. */
export function nearestPoint(points: readonly Point[], x: number): Point | null {
  let low = 0;
  let high = points.length - 1;
  if (high < 0) return null;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]![0] < x) low = middle + 1;
    else high = middle;
  }
  const after = points[low]!;
  const before = points[low - 1];
  return before !== undefined && x - before[0] <= after[0] - x ? before : after;
}

/**
 * Moves labels apart that would cover each other.
 * @param wanted Middles in pixels, in any order.
 * @param gap Least distance of two middles.
 * @returns Middles in the given order; within [min, max] if they fit.
 */
export function spreadLabels(wanted: readonly number[], gap: number, min: number, max: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed = [...wanted];
  let last = -Infinity;
  for (const index of order) {
    placed[index] = Math.max(Math.max(wanted[index]!, min), last + gap);
    last = placed[index]!;
  }
  let limit = max;
  for (const index of order.toReversed()) {
    placed[index] = Math.min(placed[index]!, limit);
    limit = placed[index]! - gap;
  }
  return placed;
}

/**
 * Where the words of a mark begin: right of it where they end within the plot, else left of it, else as far
 * right as the canvas reaches.
 * @param x The mark's, in pixels like all the rest.
 */
export function markWordsX(x: number, width: number, plot: { left: number; right: number }, canvas: number): number {
  const GAP = 6;
  const least = width + GAP + 2;
  if (x + least <= plot.right) return x + GAP;
  if (x - least > plot.left) return x - GAP - width;
  return Math.max(0, Math.min(x + GAP, canvas - width));
}

/** Index of the first line in which words from x `from` to `to` overlap no others. @param taken Ranges of each line; the words are added. */
export function markLine(from: number, to: number, taken: [number, number][][]): number {
  const line = taken.findIndex((ranges) => ranges.every(([start, end]) => to < start || from > end));
  if (line >= 0) {
    taken[line]!.push([from, to]);
    return line;
  }
  taken.push([[from, to]]);
  return taken.length - 1;
}

/** [smallest, largest] x of all series; null where there is no point. */
export function xRange(series: readonly ChartSeries[]): [number, number] | null {
  let min = Infinity;
  let max = -Infinity;
  for (const { points } of series) {
    if (points.length === 0) continue;
    min = Math.min(min, points[0]![0]);
    max = Math.max(max, points.at(-1)![0]);
  }
  return min > max ? null : [min, max];
}

const NICE = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/**
 * Where an x axis ends that grows with its data: a round number beyond what is done, so that a
 * long plan does not squeeze the curve into a corner.
 * @returns At least 10, at most `planned`, never less than `done`.
 */
export function growingExtent(done: number, planned: number): number {
  const least = Math.max(10, done * 1.05);
  const power = 10 ** Math.floor(Math.log10(least));
  const nice = NICE.find((factor) => factor * power >= least) ?? 10;
  return Math.max(done, Math.min(planned, nice * power));
}
