import { CARD, type Position } from '../../document/edits/edits.ts';

/** Unit vectors along which cards may be shifted. */
export const DOWN: Position = { x: 0, y: 1 };
export const UP: Position = { x: 0, y: -1 };
export const RIGHT: Position = { x: 1, y: 0 };
export const LEFT: Position = { x: -1, y: 0 };

const SPACE_X = CARD.width + CARD.gapX / 2;
const SPACE_Y = CARD.height + CARD.gapY / 2;

/** Whether two cards overlap or have little space between them. */
export function isNear(a: Position, b: Position): boolean {
  return Math.abs(a.x - b.x) < SPACE_X && Math.abs(a.y - b.y) < SPACE_Y;
}

/** The shortest shift along one of `directions` after which the cards are near no others. */
export function clearOffset(
  corners: readonly Position[],
  others: readonly Position[],
  directions: readonly Position[],
): Position {
  const offsets = directions.map((direction) => {
    /** Distance that a card shifted by `shift` must still move to pass another; 0 if it is not near. */
    const remaining = (card: Position, other: Position, shift: number): number => {
      const dx = other.x - card.x - direction.x * shift;
      const dy = other.y - card.y - direction.y * shift;
      if (Math.abs(dx) >= SPACE_X || Math.abs(dy) >= SPACE_Y) return 0;
      return direction.x === 0 ? SPACE_Y + direction.y * dy : SPACE_X + direction.x * dx;
    };
    let shift = 0;
    for (let more = Infinity; more > 0; shift += more) {
      more = corners.reduce(
        (most, card) => others.reduce((far, other) => Math.max(far, remaining(card, other, shift)), most),
        0,
      );
    }
    return { x: direction.x * shift, y: direction.y * shift };
  });
  const length = ({ x, y }: Position) => Math.abs(x) + Math.abs(y);
  return offsets.reduce((shortest, offset) => (length(offset) < length(shortest) ? offset : shortest));
}
