import { CARD, type Position } from '../../document/edits/edits.ts';
import type { FlowDirection } from '../../document/geometry/flow-direction.ts';
import { NO_OFFSETS, type EndOffsets } from './end-offsets.ts';

/**
 * A straight part of a connection that passes cards: its position across the direction, and its
 * range along the direction. `from` is larger than `to` if the connection goes backward.
 */
export interface Passage {
  readonly across: number;
  readonly from: number;
  readonly to: number;
}

/** Distance of the control points of turns of a backward connection; the curve reaches 3/4 of it. */
const TURN = 28;

/** Distance of a curve's control points from its ends, for the distance of the ends along the direction. */
const controlDistance = (distance: number) => (distance >= 0 ? distance / 2 : 6.25 * Math.sqrt(-distance));

/**
 * A connection as SVG path data: curves that leave and arrive in the direction, and pass through
 * the passages in order. Ignores passages that are not between the ends.
 */
export function edgePath(
  source: Position,
  target: Position,
  direction: FlowDirection,
  passages: readonly Passage[] = [],
): string {
  const down = direction === 'down';
  const point = (along: number, across: number) => (down ? `${across} ${along}` : `${along} ${across}`);
  const along = ({ x, y }: Position) => (down ? y : x);
  const across = ({ x, y }: Position) => (down ? x : y);
  const [first] = passages;
  if (first !== undefined && first.from > first.to && along(target) < along(source)) {
    return backPath([along(source), across(source)], [along(target), across(target)], first.across, point);
  }
  const isBetween = passages.every(({ from, to }) => from >= along(source) && to <= along(target));
  let at = { along: along(source), across: across(source) };
  let path = `M${point(at.along, at.across)}`;
  const curveTo = (next: typeof at): void => {
    if (next.across === at.across && next.along >= at.along) {
      path += `L${point(next.along, next.across)}`;
      at = next;
      return;
    }
    const bend = controlDistance(next.along - at.along);
    const points = [
      point(at.along + bend, at.across),
      point(next.along - bend, next.across),
      point(next.along, next.across),
    ];
    path += `C${points.join(' ')}`;
    at = next;
  };
  for (const { across: lane, from, to } of isBetween ? passages : []) {
    curveTo({ along: from, across: lane });
    path += `L${point(to, lane)}`;
    at = { along: to, across: lane };
  }
  curveTo({ along: along(target), across: across(target) });
  return path;
}

/** A backward connection: leaves in the direction, turns, goes back in the lane, turns and arrives. */
function backPath(
  [start, from]: readonly [number, number],
  [end, to]: readonly [number, number],
  lane: number,
  point: (along: number, across: number) => string,
): string {
  const [out, into] = [start + TURN, end - TURN];
  return (
    `M${point(start, from)}C${point(out, from)} ${point(out, lane)} ${point(start, lane)}` +
    `L${point(end, lane)}C${point(into, lane)} ${point(into, to)} ${point(end, to)}`
  );
}

/** Path between two cards. @param source Position of the source card. @param target Position of the target card. */
export function cardEdgePath(
  source: Position,
  target: Position,
  direction: FlowDirection,
  passages?: readonly Passage[],
  offsets: EndOffsets = NO_OFFSETS,
): string {
  const start = cardEnd(source, 'source', direction, offsets.source);
  return edgePath(start, cardEnd(target, 'target', direction, offsets.target), direction, passages);
}

/** Where connections leave a card at this position, or arrive at it. @param offset From the middle of its side. */
export function cardEnd({ x, y }: Position, end: 'source' | 'target', direction: FlowDirection, offset = 0): Position {
  const { width, height } = CARD;
  const along = end === 'source' ? 1 : 0;
  return direction === 'down'
    ? { x: x + width / 2 + offset, y: y + along * height }
    : { x: x + along * width, y: y + height / 2 + offset };
}

/** Position across of a curve, from 0 to 1, at a position along the direction, from 0 to 1. */
export function curveAt(part: number): number {
  // Both control points are halfway along: part = 1.5t − 1.5t² + t³, across = 3t² − 2t³.
  let [low, high] = [0, 1];
  for (let i = 0; i < 20; i++) {
    const t = (low + high) / 2;
    if (t * (1.5 - t * (1.5 - t)) < part) low = t;
    else high = t;
  }
  return low * low * (3 - 2 * low);
}
