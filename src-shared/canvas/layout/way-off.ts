import { CARD, type Position } from '../../document/edits/edits.ts';

/** A direction that cards may go off in: one step of it. */
export type Toward = Position;

export const DOWN: Toward = { x: 0, y: 1 };
export const UP: Toward = { x: 0, y: -1 };
export const RIGHT: Toward = { x: 1, y: 0 };
export const LEFT: Toward = { x: -1, y: 0 };

const SPACE_X = CARD.width + CARD.gapX / 2;
const SPACE_Y = CARD.height + CARD.gapY / 2;

/** True where two cards lie on one another, or hardly apart. */
export function isNear(a: Position, b: Position): boolean {
  return Math.abs(a.x - b.x) < SPACE_X && Math.abs(a.y - b.y) < SPACE_Y;
}

/** The shortest of some ways on which cards come to lie over no others. */
export function wayOff(
  corners: readonly Position[],
  others: readonly Position[],
  towards: readonly Toward[],
): Position {
  const ways = towards.map((toward) => {
    /** How far a card must go to be past another; 0 where it is not over it. */
    const left = (card: Position, other: Position, way: number): number => {
      const dx = other.x - card.x - toward.x * way;
      const dy = other.y - card.y - toward.y * way;
      if (Math.abs(dx) >= SPACE_X || Math.abs(dy) >= SPACE_Y) return 0;
      return toward.x === 0 ? SPACE_Y + toward.y * dy : SPACE_X + toward.x * dx;
    };
    let way = 0;
    for (let more = Infinity; more > 0; way += more) {
      more = corners.reduce(
        (most, card) => others.reduce((far, other) => Math.max(far, left(card, other, way)), most),
        0,
      );
    }
    return { x: toward.x * way, y: toward.y * way };
  });
  const length = ({ x, y }: Position) => Math.abs(x) + Math.abs(y);
  return ways.reduce((shortest, way) => (length(way) < length(shortest) ? way : shortest));
}
