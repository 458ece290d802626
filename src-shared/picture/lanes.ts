import { CARD, type Position } from '../document/edits.ts';
import type { FlowDirection } from '../document/layout.ts';
import type { ModelEdge } from '../document/model-document.ts';
import { turnOf } from './connection.ts';

/** Between a lane and the cards it passes. */
const MARGIN = 12;
/** Between lanes side by side. */
const SPACING = 10;
/** Lanes tried beside a card. */
const ABREAST = 4;

/** A card, by where it begins and ends along the direction of the graph and across it. */
interface Extent {
  readonly id: string;
  readonly along: number;
  readonly alongEnd: number;
  readonly across: number;
  readonly acrossEnd: number;
}

/** A straight part of a connection beside cards. */
interface Lane {
  readonly across: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Where connections that would run behind a card pass it instead: for each such connection the
 * nearest free place beside the cards between its ends, short ones first, so that longer ones go
 * around them. Connections that need none, lead backwards or find no place are left out.
 *
 * @param places Where the cards lie, by id.
 * @returns Canvas pixels across the direction, by the connection's id.
 */
export function lanesOf(
  places: ReadonlyMap<string, Position>,
  edges: readonly Pick<ModelEdge, 'id' | 'source' | 'target'>[],
  direction: FlowDirection,
): Map<string, number> {
  const cards = new Map([...places].map(([id, place]) => [id, extentOf(id, place, direction)]));
  const around = new Neighbourhood([...cards.values()]);
  const lanes = new Map<string, number>();
  const taken: Lane[] = [];
  const ends = edges.flatMap(({ id, source, target }) => {
    const [from, to] = [cards.get(source), cards.get(target)];
    return from === undefined || to === undefined || to.along <= from.alongEnd ? [] : [{ id, from, to }];
  });
  ends.sort((a, b) => a.to.along - a.from.alongEnd - (b.to.along - b.from.alongEnd));
  for (const { id, from, to } of ends) {
    const between = around.among(from.alongEnd, to.along).filter((card) => card !== from && card !== to);
    if (!between.some((card) => isBehind(card, from, to))) continue;
    const lane = freeLane(from, to, between, taken, direction);
    if (lane === null) continue;
    lanes.set(id, lane.across);
    taken.push(lane);
  }
  return lanes;
}

function extentOf(id: string, { x, y }: Position, direction: FlowDirection): Extent {
  const [right, bottom] = [x + CARD.width, y + CARD.height];
  return direction === 'down'
    ? { id, along: y, alongEnd: bottom, across: x, acrossEnd: right }
    : { id, along: x, alongEnd: right, across: y, acrossEnd: bottom };
}

const middle = ({ across, acrossEnd }: Extent) => (across + acrossEnd) / 2;

/** Whether the plain curve from one card to the other passes behind this one. */
function isBehind(card: Extent, from: Extent, to: Extent): boolean {
  const length = to.along - from.alongEnd;
  const [start, end] = [middle(from), middle(to)];
  const at = (along: number) => start + (end - start) * acrossShare((along - from.alongEnd) / length);
  const [first, last] = [at(card.along), at(card.alongEnd)];
  return Math.min(first, last) < card.acrossEnd + 2 && Math.max(first, last) > card.across - 2;
}

/**
 * How far across a connection has come where it has come so far along. The curve is the Bézier of
 * `connectionPath`: along 1.5t - 1.5t² + t³, across 3t² - 2t³.
 */
function acrossShare(along: number): number {
  if (along <= 0) return 0;
  if (along >= 1) return 1;
  let [low, high] = [0, 1];
  for (let halving = 0; halving < 16; halving++) {
    const t = (low + high) / 2;
    if (t * (1.5 + t * (t - 1.5)) < along) low = t;
    else high = t;
  }
  return low * low * (3 - 2 * low);
}

function freeLane(
  from: Extent,
  to: Extent,
  between: readonly Extent[],
  taken: readonly Lane[],
  direction: FlowDirection,
): Lane | null {
  const [start, end] = [middle(from), middle(to)];
  const turn = turnOf(to.along - from.alongEnd, direction);
  const [lower, upper] = [from.alongEnd + turn, to.along - turn];
  const way = (across: number) => Math.abs(across - start) + Math.abs(across - end);
  const candidates = new Set([start, end]);
  for (const card of between) {
    for (let place = 0; place < ABREAST; place++) {
      candidates.add(card.acrossEnd + MARGIN + place * SPACING);
      candidates.add(card.across - MARGIN - place * SPACING);
    }
  }
  const near = taken.filter((lane) => lane.from < upper && lane.to > lower);
  const isFree = (across: number) =>
    !near.some((lane) => Math.abs(lane.across - across) < SPACING) &&
    !between.some(
      (card) =>
        reaches(card, lower, upper, across, across, MARGIN - 1) ||
        reaches(card, from.alongEnd, lower, start, across, 1) ||
        reaches(card, upper, to.along, end, across, 1),
    );
  // Of two equally near ones the right (the lower) one.
  const found = [...candidates].sort((a, b) => way(a) - way(b) || b - a).find(isFree);
  return found === undefined ? null : { across: found, from: lower, to: upper };
}

/** Whether a card, with so much room around it across, reaches into a rectangle. */
function reaches(card: Extent, from: number, to: number, one: number, other: number, room: number): boolean {
  return (
    card.along < to &&
    card.alongEnd > from &&
    card.across - room < Math.max(one, other) &&
    card.acrossEnd + room > Math.min(one, other)
  );
}

/** Finds the cards of a stretch without looking at all. */
class Neighbourhood {
  readonly #buckets = new Map<number, Extent[]>();
  static readonly #size = 256;

  constructor(cards: readonly Extent[]) {
    for (const card of cards) {
      for (const bucket of this.#over(card.along, card.alongEnd)) {
        const there = this.#buckets.get(bucket);
        if (there === undefined) this.#buckets.set(bucket, [card]);
        else there.push(card);
      }
    }
  }

  /** Cards that lie, if only in part, between two places along. */
  among(from: number, to: number): Extent[] {
    const found = new Set<Extent>();
    for (const bucket of this.#over(from, to)) {
      for (const card of this.#buckets.get(bucket) ?? []) if (card.along < to && card.alongEnd > from) found.add(card);
    }
    return [...found];
  }

  *#over(from: number, to: number): Iterable<number> {
    const last = Math.floor(to / Neighbourhood.#size);
    for (let bucket = Math.floor(from / Neighbourhood.#size); bucket <= last; bucket++) yield bucket;
  }
}
