import type { Fragment } from '../../document/edits/clipboard.ts';
import { CARD, type Position } from '../../document/edits/edits.ts';
import { flowDirection } from '../../document/geometry/flow-direction.ts';
import { boxAround, boxesShown, type Box } from '../../document/geometry/groups.ts';
import type { ModelDocument } from '../../document/schema/model-document.ts';
import { freePosition, overlaps } from './free-position.ts';

/** Cards whose corners are closer than this hide each other, in pixels. */
const HIDING_DISTANCE = 16;

/**
 * Offset of pasted copies from the originals: to free space near the originals if these are
 * visible, else near the center of the view. If there is no free space, shifts the copies until
 * none hides another card.
 *
 * @param view Visible part of the canvas; null if the canvas is not shown.
 */
export function pasteOffset(document: ModelDocument, fragment: Fragment, view: Box | null): Position {
  const direction = flowDirection(document);
  const copies = boxesShown(fragment, direction);
  const box = boxAround(copies)!;
  const taken = boxesShown(document, direction);
  const ids = new Set([...document.nodes, ...(document.notes ?? [])].map(({ id }) => id));
  const isHere = [...fragment.nodes, ...fragment.notes].some(({ id }) => ids.has(id));
  const stays = view === null || (isHere && overlaps(view, middleOf(box)));
  const wanted = stays ? box : { ...box, ...centredIn(view, box) };
  const position = view === null ? null : freePosition(wanted, taken, view);
  if (position !== null) return { x: position.x - box.x, y: position.y - box.y };
  const offset = { x: wanted.x - box.x, y: wanted.y - box.y };
  while (copies.some((copy) => taken.some((other) => hidden(other, copy, offset)))) {
    offset.x += CARD.gapX;
    offset.y += CARD.gapY;
  }
  return offset;
}

function hidden(other: Box, copy: Box, { x, y }: Position): boolean {
  return Math.abs(other.x - copy.x - x) < HIDING_DISTANCE && Math.abs(other.y - copy.y - y) < HIDING_DISTANCE;
}

function middleOf({ x, y, width, height }: Box): Box {
  return { x: x + width / 2, y: y + height / 2, width: 0, height: 0 };
}

function centredIn(view: Box, { width, height }: Box): Position {
  return { x: Math.round(view.x + (view.width - width) / 2), y: Math.round(view.y + (view.height - height) / 2) };
}
