import type { Position } from '../../document/edits/edits.ts';
import type { Box } from '../../document/geometry/groups.ts';

/** Free space kept around a box, in pixels. */
const CLEAR = 24;
/** Number of coordinates tried along each axis: the nearest ones. */
const TRIED = 64;

/**
 * The position nearest to the wanted one where a box does not overlap others. Null if there is
 * none within the bounds.
 */
export function freePosition(wanted: Box, taken: readonly Box[], bounds: Box): Position | null {
  const { width, height } = wanted;
  const [right, bottom] = [bounds.x + bounds.width - width, bounds.y + bounds.height - height];
  if (right < bounds.x || bottom < bounds.y) return null;
  const inside = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));
  const start = { x: inside(wanted.x, bounds.x, right), y: inside(wanted.y, bounds.y, bottom) };
  const near = taken.filter((box) => overlaps(box, bounds, CLEAR));
  const beside = near.flatMap((box) => [box.x + box.width + CLEAR, box.x - CLEAR - width]);
  const below = near.flatMap((box) => [box.y + box.height + CLEAR, box.y - CLEAR - height]);
  const xs = nearest(start.x, bounds.x, right, beside);
  const ys = nearest(start.y, bounds.y, bottom, below);
  const far = ({ x, y }: Position) => Math.abs(x - start.x) + Math.abs(y - start.y);
  const places = xs.flatMap((x) => ys.map((y) => ({ x, y }))).sort((a, b) => far(a) - far(b));
  return places.find((place) => near.every((box) => !overlaps(box, { ...place, width, height }, CLEAR))) ?? null;
}

/** Whether the distance of two boxes is less than `clear`. */
export function overlaps(a: Box, b: Box, clear = 0): boolean {
  return (
    a.x < b.x + b.width + clear &&
    b.x < a.x + a.width + clear &&
    a.y < b.y + b.height + clear &&
    b.y < a.y + a.height + clear
  );
}

function nearest(start: number, least: number, most: number, values: readonly number[]): number[] {
  const whole = values.map((value) => Math.round(value));
  return [...new Set([start, ...whole.filter((value) => value >= least && value <= most)])]
    .sort((a, b) => Math.abs(a - start) - Math.abs(b - start))
    .slice(0, TRIED);
}
