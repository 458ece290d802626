import { axisOf, type Axis } from './axis.ts';
import { CARD, move, type Position } from '../edits/edits.ts';
import { flowDirection } from './flow-direction.ts';
import { boxOf, placesShown, placesWithMembers, shownGraph, type Box } from './groups.ts';
import type { ModelDocument, ModelEdge } from '../schema/model-document.ts';
import type { Operation } from '../history/operations.ts';
import { cardsBehind, movedOn, withFold } from './room.ts';

type Places = ReadonlyMap<string, Position>;

/** Folding a group: moves the cards after it up to its card, as far as their other inputs allow. */
export function closedUp(document: ModelDocument, groupId: string): readonly Operation[] {
  const around = aroundGroup(document, groupId);
  const { cards, behind, axis, end, start } = around;
  const { along, size, gap } = axis;
  let by = end - start - size;
  for (const { source, target } of around.forward) {
    const [from, to] = [cards.get(source), cards.get(target)];
    if (from === undefined || to === undefined || behind.has(source) || !behind.has(target)) continue;
    by = Math.min(by, to[along] - from[along] - size - gap);
  }
  const isAfter = [...behind].every((id) => cards.get(id)![along] >= end);
  return by <= 0 || !isAfter ? [] : asMoves(document, around, shifted(cards, behind, along, -by));
}

/** Opening a group: moves the cards after it along the direction, and cards that would cover its members across it. */
export function roomToOpen(document: ModelDocument, groupId: string): readonly Operation[] {
  const around = aroundGroup(document, groupId);
  const { cards, behind, axis, end, start } = around;
  const { along, gap } = axis;
  const after = [...behind].filter((id) => cards.get(id)![along] > start);
  const by = end + gap - Math.min(...after.map((id) => cards.get(id)![along]));
  const moved = by > 0 ? new Map([...cards, ...movedOn(cards, around.forward, new Set(after), axis, by)]) : cards;
  return asMoves(document, around, aside(moved, around));
}

/** Moves cards that cover the group's members to the nearer side, together with all cards further out. */
function aside(cards: Places, { axis, box, start, end }: Around): Places {
  const { along, across, size, breadth, gapAcross } = axis;
  const [low, high] = [box[across], box[across] + (across === 'x' ? box.width : box.height)];
  const middle = (low + high - breadth) / 2;
  const covering = [...cards.values()]
    .filter((place) => place[along] < end && place[along] + size > start)
    .map((place) => place[across])
    .filter((at) => at < high && at + breadth > low);
  const first = Math.min(...covering.filter((at) => at >= middle));
  const last = Math.max(...covering.filter((at) => at < middle));
  const further = new Set([...cards].filter(([, place]) => place[across] >= first).map(([id]) => id));
  const nearer = new Set([...cards].filter(([, place]) => place[across] <= last).map(([id]) => id));
  const onOneSide = shifted(cards, further, across, high + gapAcross - first);
  return shifted(onOneSide, nearer, across, low - gapAcross - breadth - last);
}

interface Around {
  readonly axis: Axis;
  readonly shown: ReturnType<typeof shownGraph>;
  /** Positions of all cards except the group's own. */
  readonly cards: Places;
  /** Connections along the direction. In a graph in columns, those from one column to the next lead back. */
  readonly forward: readonly ModelEdge[];
  /** Ids of the cards that can be reached from the group by these. */
  readonly behind: ReadonlySet<string>;
  /** The rectangle around the group's members, and its range along the direction. */
  readonly box: Box;
  readonly start: number;
  readonly end: number;
}

function aroundGroup(document: ModelDocument, groupId: string): Around {
  const direction = flowDirection(document);
  const axis = axisOf(direction);
  const shown = shownGraph(withFold(document, groupId, true), direction);
  const cards = placesShown(shown);
  const at = (id: string) => cards.get(id)?.[axis.along] ?? 0;
  const forward = shown.edges.filter(({ source, target }) => at(source) < at(target));
  cards.delete(groupId);
  const behind = new Set([...cardsBehind(forward, groupId)].filter((id) => cards.has(id)));
  const box = boxOf(document, groupId) ?? { x: 0, y: 0, width: CARD.width, height: CARD.height };
  const start = box[axis.along];
  return {
    axis,
    shown,
    cards,
    forward,
    behind,
    box,
    start,
    end: start + (axis.along === 'x' ? box.width : box.height),
  };
}

function shifted(cards: Places, ids: ReadonlySet<string>, axis: 'x' | 'y', by: number): Places {
  if (ids.size === 0) return cards;
  return new Map(
    [...cards].map(([id, place]) => [id, ids.has(id) ? { ...place, [axis]: place[axis] + by } : place] as const),
  );
}

/** Moves the changed cards, with the members of folded groups. */
function asMoves(document: ModelDocument, { shown, cards }: Around, moved: Places): readonly Operation[] {
  const changed = new Map([...moved].filter(([id, place]) => place !== cards.get(id)));
  const places = placesWithMembers(document, shown, changed, flowDirection(document));
  return move(document, places)?.operations ?? [];
}
