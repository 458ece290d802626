import { CARD } from '../edits/edits.ts';
import type { FlowDirection } from './flow-direction.ts';

/** Free space between cards in direction 'right', in pixels: enough for the curve of a connection. */
export const GAP_RIGHT = 64;

/** Sizes and gaps of cards along a direction and across it, in pixels at zoom 1. */
export interface Axis {
  readonly along: 'x' | 'y';
  readonly across: 'x' | 'y';
  /** Size of a card and gap along the direction. */
  readonly size: number;
  readonly gap: number;
  /** Size of a card and gap across the direction. */
  readonly breadth: number;
  readonly gapAcross: number;
}

const DOWN: Axis = {
  along: 'y',
  across: 'x',
  size: CARD.height,
  gap: CARD.gapY,
  breadth: CARD.width,
  gapAcross: CARD.gapX,
};
const RIGHT: Axis = {
  along: 'x',
  across: 'y',
  size: CARD.width,
  gap: GAP_RIGHT,
  breadth: CARD.height,
  gapAcross: CARD.gapY,
};

export function axisOf(direction: FlowDirection): Axis {
  return direction === 'down' ? DOWN : RIGHT;
}
