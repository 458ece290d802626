import type { Fragment } from '../../document/edits/clipboard.ts';
import { CARD, type Position } from '../../document/edits/edits.ts';
import { flowDirection } from '../../document/geometry/flow-direction.ts';
import { boxAround, boxesShown, type Box } from '../../document/geometry/groups.ts';
import type { ModelDocument } from '../../document/schema/model-document.ts';
import { freePlace, overlaps } from './free-place.ts';

/** Cards whose corners are nearer to each other than this look like one. */
const LIKE_ONE = 16;

/**
 * How far copies move from where the originals lay: beside these where they are in view, else to the
 * middle of what is in view, each time to a place that is free. Where there is none, a step further
 * until no copy hides another card.
 *
 * @param view What of the canvas is in view; null where nothing is.
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
  const place = view === null ? null : freePlace(wanted, taken, view);
  if (place !== null) return { x: place.x - box.x, y: place.y - box.y };
  const offset = { x: wanted.x - box.x, y: wanted.y - box.y };
  while (copies.some((copy) => taken.some((other) => hidden(other, copy, offset)))) {
    offset.x += CARD.gapX;
    offset.y += CARD.gapY;
  }
  return offset;
}

function hidden(other: Box, copy: Box, { x, y }: Position): boolean {
  return Math.abs(other.x - copy.x - x) < LIKE_ONE && Math.abs(other.y - copy.y - y) < LIKE_ONE;
}

function middleOf({ x, y, width, height }: Box): Box {
  return { x: x + width / 2, y: y + height / 2, width: 0, height: 0 };
}

function centredIn(view: Box, { width, height }: Box): Position {
  return { x: Math.round(view.x + (view.width - width) / 2), y: Math.round(view.y + (view.height - height) / 2) };
}
