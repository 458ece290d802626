import { CARD, type Position } from '../../document/edits/edits.ts';
import type { FlowDirection } from '../../document/geometry/flow-direction.ts';
import type { ModelEdge } from '../../document/schema/model-document.ts';
import { curveAt, type Passage } from './edge-path.ts';
import { NO_OFFSETS, type EndOffsets } from './end-offsets.ts';
import { passagesThrough, type Band, type Span } from './passages.ts';

export type Route = readonly Passage[];

/** A card: its ranges along (`from`, `to`) and across the direction. */
interface Box extends Span {
  readonly from: number;
  readonly to: number;
}

/** A passage of a routed connection. Connections of other sources, and others between the same cards, avoid it. */
interface Taken extends Passage {
  readonly edge: ModelEdge;
}

/** Distance of a curve from cards that are not its ends, in pixels. */
const CLEAR_OF_CURVE = 4;
/** Distance of a passage from cards and from passages of other sources, in pixels. */
const CLEAR_OF_CARD = 16;
const CLEAR_OF_PASSAGE = 12;
/** Cards closer than this along the direction are passed together. */
const NARROW = 16;
/** After this many tries, avoid all cards between the ends, not only those hit so far. */
const TRIES = 24;
/** Half a handle: distance of a connection's ends from their cards. */
const HANDLE = 4;

/**
 * Routes by connection id: around cards for connections that would run behind them, and in a lane
 * beside all cards for backward ones. Other connections have no route. Routes depend on card
 * positions only and are not stored. Short connections are routed first; those of one source to
 * different cards may share a passage. Connections of the same cards without offsets, as those of a folded group, have
 * the same route.
 *
 * @param places Top left corners of the cards by id.
 * @param offsets Of the connections' ends, by connection id.
 */
export function routesOf(
  places: ReadonlyMap<string, Position>,
  edges: readonly ModelEdge[],
  direction: FlowDirection,
  offsets: ReadonlyMap<string, EndOffsets> = new Map(),
): Map<string, Route> {
  const boxes = new Map([...places].map(([id, place]) => [id, boxAt(place, direction)]));
  const inOrder = [...boxes.values()].sort((a, b) => a.from - b.from);
  const lengthOf = ({ source, target }: ModelEdge) =>
    (boxes.get(target)?.from ?? 0) - (boxes.get(source)?.to ?? 0) - 2 * HANDLE;
  const taken: Taken[] = [];
  const routes = new Map<string, Route>();
  const { single, repeated } = repeatedConnections(edges, offsets);
  for (const edge of single.filter((each) => lengthOf(each) > 0).sort((a, b) => lengthOf(a) - lengthOf(b))) {
    const [source, target] = [boxes.get(edge.source), boxes.get(edge.target)];
    if (source === undefined || target === undefined) continue;
    const others = taken.filter(
      (way) =>
        (way.edge.source !== edge.source || way.edge.target === edge.target) &&
        way.from < target.from &&
        way.to > source.to,
    );
    const between = boxesBetween(inOrder, source.to, target.from);
    const offset = offsets.get(edge.id) ?? NO_OFFSETS;
    const route = between.length === 0 ? [] : routeAround(source, target, offset, between, others);
    if (route.length === 0) continue;
    routes.set(edge.id, route);
    taken.push(...route.map((passage) => ({ ...passage, edge })));
  }
  for (const edge of single) {
    const [source, target] = [boxes.get(edge.source), boxes.get(edge.target)];
    if (source === undefined || target === undefined || target.from >= source.from) continue;
    const across = laneBeside(source, target, boxesBetween(inOrder, target.from, source.to), taken);
    routes.set(edge.id, [{ across, from: source.to, to: target.from }]);
    taken.push({ across, from: target.from, to: source.to, edge });
  }
  for (const [id, first] of repeated) {
    const route = routes.get(first);
    if (route !== undefined) routes.set(id, route);
  }
  return routes;
}

/** @returns In `repeated`, by connection id, the first connection of the same cards; neither has an offset. */
function repeatedConnections(
  edges: readonly ModelEdge[],
  offsets: ReadonlyMap<string, EndOffsets>,
): { single: ModelEdge[]; repeated: Map<string, string> } {
  const first = new Map<string, string>();
  const repeated = new Map<string, string>();
  const single = edges.filter(({ id, source, target }) => {
    if (offsets.has(id)) return true;
    const ends = `${source}\n${target}`;
    const known = first.get(ends);
    if (known === undefined) first.set(ends, id);
    else repeated.set(id, known);
    return known === undefined;
  });
  return { single, repeated };
}

/** Position across of a backward connection: beside all cards from its source to its target. */
function laneBeside(source: Box, target: Box, between: readonly Box[], taken: readonly Taken[]): number {
  const blocked = merged([
    ...between.map(({ low, high }) => ({ low: low - CLEAR_OF_CARD, high: high + CLEAR_OF_CARD })),
    ...taken.filter((way) => way.from < source.to && way.to > target.from).map(passageSpan),
  ]);
  const away = (across: number) => Math.abs(across - middleOf(source)) + Math.abs(across - middleOf(target));
  const lanes = blocked.flatMap(({ low, high }) => [high, low]);
  return lanes.reduce((nearest, lane) => (away(lane) < away(nearest) ? lane : nearest));
}

const passageSpan = ({ across }: Passage): Span => ({
  low: across - CLEAR_OF_PASSAGE,
  high: across + CLEAR_OF_PASSAGE,
});

function boxAt({ x, y }: Position, direction: FlowDirection): Box {
  return direction === 'down'
    ? { from: y, to: y + CARD.height, low: x, high: x + CARD.width }
    : { from: x, to: x + CARD.width, low: y, high: y + CARD.height };
}

/** Boxes that overlap a range along the direction. */
function boxesBetween(inOrder: readonly Box[], from: number, to: number): Box[] {
  let [first, end] = [0, inOrder.length];
  while (first < end) {
    const middle = (first + end) >> 1;
    if (inOrder[middle]!.to > from) end = middle;
    else first = middle + 1;
  }
  const found: Box[] = [];
  for (let i = first; i < inOrder.length && inOrder[i]!.from < to; i++) found.push(inOrder[i]!);
  return found;
}

/**
 * Adds the cards that the route hits to its obstacles until it hits none. A connection to one of the first named inputs
 * prefers the side of that input, so that it does not cross connections to the later ones.
 */
function routeAround(
  source: Box,
  target: Box,
  offset: EndOffsets,
  between: readonly Box[],
  others: readonly Taken[],
): Route {
  const [start, end] = [middleOf(source) + offset.source, middleOf(target) + offset.target];
  const side = offset.source === 0 && offset.target < 0 ? 'low' : 'high';
  const ends = { from: source.to + HANDLE, to: target.from - HANDLE };
  const met = new Set<Box>();
  let route: Route = [];
  for (let tries = 0; tries <= TRIES; tries++) {
    const more = between.filter((box) => !met.has(box) && meets(box, start, end, ends, route));
    if (more.length === 0) break;
    for (const box of tries < TRIES ? more : between) met.add(box);
    route = passagesThrough({ start, end }, bandsOf([...met], ends, others), side);
  }
  return route;
}

const middleOf = ({ low, high }: Box) => (low + high) / 2;

/** Whether a route runs over a box. @param start Position across. @param end Position across. */
function meets(box: Box, start: number, end: number, ends: { from: number; to: number }, route: Route): boolean {
  let [along, across] = [ends.from, start];
  for (const passage of route) {
    if (curveMeets(box, along, across, passage.from, passage.across)) return true;
    if (isWithin(box, passage.from, passage.to, passage.across, passage.across)) return true;
    [along, across] = [passage.to, passage.across];
  }
  return curveMeets(box, along, across, ends.to, end);
}

function curveMeets(box: Box, fromAlong: number, fromAcross: number, toAlong: number, toAcross: number): boolean {
  if (!isWithin(box, fromAlong, toAlong, fromAcross, toAcross)) return false;
  const at = (along: number) => {
    const part = Math.max(0, Math.min(1, (along - fromAlong) / (toAlong - fromAlong)));
    return fromAcross + (toAcross - fromAcross) * curveAt(part);
  };
  const [first, last] = [at(box.from - CLEAR_OF_CURVE), at(box.to + CLEAR_OF_CURVE)];
  return isWithin(box, fromAlong, toAlong, first, last);
}

/** Whether a box overlaps the rectangle between two points. */
function isWithin({ from, to, low, high }: Box, start: number, end: number, a: number, b: number): boolean {
  return from < end && to > start && low - CLEAR_OF_CURVE < Math.max(a, b) && high + CLEAR_OF_CURVE > Math.min(a, b);
}

/** Bands along the direction: boxes close to each other, and the passages of other sources there. */
function bandsOf(boxes: readonly Box[], ends: { from: number; to: number }, others: readonly Taken[]): Band[] {
  const bands: { from: number; to: number; blocked: Span[] }[] = [];
  for (const { from, to, low, high } of boxes.toSorted((a, b) => a.from - b.from)) {
    const span = { low: low - CLEAR_OF_CARD, high: high + CLEAR_OF_CARD };
    const last = bands.at(-1);
    if (last !== undefined && from - last.to < NARROW) {
      last.to = Math.max(last.to, Math.min(to, ends.to));
      last.blocked.push(span);
    } else bands.push({ from: Math.max(from, ends.from), to: Math.min(to, ends.to), blocked: [span] });
  }
  return joined(bands.map((band) => ({ ...band, blocked: merged(band.blocked) }))).map(({ from, to, blocked }) => ({
    from,
    to,
    blocked: merged([
      ...blocked,
      ...others.flatMap((way) => (way.from < to && way.to > from ? [passageSpan(way)] : [])),
    ]),
  }));
}

/** Merges neighbouring bands with the same spans. */
function joined(bands: readonly Band[]): Band[] {
  const result: Band[] = [];
  for (const band of bands) {
    const last = result.at(-1);
    const same =
      last?.blocked.length === band.blocked.length &&
      band.blocked.every(({ low, high }, i) => low === last.blocked[i]!.low && high === last.blocked[i]!.high);
    if (same) result[result.length - 1] = { ...band, from: last.from };
    else result.push(band);
  }
  return result;
}

/** Sorted spans; overlapping ones are merged. */
function merged(spans: readonly Span[]): Span[] {
  const result: { low: number; high: number }[] = [];
  for (const { low, high } of spans.toSorted((a, b) => a.low - b.low)) {
    const last = result.at(-1);
    if (last !== undefined && low < last.high) last.high = Math.max(last.high, high);
    else result.push({ low, high });
  }
  return result;
}
