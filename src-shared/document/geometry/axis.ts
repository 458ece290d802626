import { CARD } from '../edits/edits.ts';
import type { FlowDirection } from './flow-direction.ts';

/** Free space between cards that follow each other to the right: room for the curve between them. */
export const GAP_RIGHT = 64;

/** How cards lie along a direction and across it. */
export interface Axis {
  readonly along: 'x' | 'y';
  readonly across: 'x' | 'y';
  /** A card along the direction, and the free space to the next. */
  readonly size: number;
  readonly gap: number;
  /** The same across it. */
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
