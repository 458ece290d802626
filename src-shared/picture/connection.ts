import { CARD, type Position } from '../document/edits.ts';
import { GAP_RIGHT, type FlowDirection } from '../document/layout.ts';

/** Where connections leave and reach a card: below and above, or right and left. */
export function exitOf({ x, y }: Position, direction: FlowDirection): Position {
  return direction === 'down'
    ? { x: x + CARD.width / 2, y: y + CARD.height }
    : { x: x + CARD.width, y: y + CARD.height / 2 };
}

export function entryOf({ x, y }: Position, direction: FlowDirection): Position {
  return direction === 'down' ? { x: x + CARD.width / 2, y } : { x, y: y + CARD.height / 2 };
}

/** Pixels in which a connection gets into its lane, and out of it again. */
export function turnOf(length: number, direction: FlowDirection): number {
  return Math.min(direction === 'down' ? CARD.gapY : GAP_RIGHT, length / 2);
}

/**
 * SVG path data of a connection: one curve; with a lane, a curve into it, along it and out of it.
 *
 * @param lane Where it passes the cards between its ends: across the direction, in canvas pixels.
 */
export function connectionPath(from: Position, to: Position, direction: FlowDirection, lane?: number): string {
  const at = direction === 'down' ? (along: number, across: number) => `${across} ${along}` : pair;
  const [a1, c1] = direction === 'down' ? [from.y, from.x] : [from.x, from.y];
  const [a2, c2] = direction === 'down' ? [to.y, to.x] : [to.x, to.y];
  const curve = (b1: number, d1: number, b2: number, d2: number) => {
    const bend = Math.max(16, Math.abs(b2 - b1) / 2);
    return `C${at(b1 + bend, d1)} ${at(b2 - bend, d2)} ${at(b2, d2)}`;
  };
  const start = `M${at(a1, c1)}`;
  if (lane === undefined || a2 <= a1)
    return c1 === c2 && a2 > a1 ? `${start}L${at(a2, c2)}` : start + curve(a1, c1, a2, c2);
  const turn = turnOf(a2 - a1, direction);
  return `${start}${curve(a1, c1, a1 + turn, lane)}L${at(a2 - turn, lane)}${curve(a2 - turn, lane, a2, c2)}`;
}

const pair = (x: number, y: number) => `${x} ${y}`;
