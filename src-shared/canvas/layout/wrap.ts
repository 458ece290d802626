import { axisOf } from '../../document/geometry/axis.ts';
import type { Position } from '../../document/edits/edits.ts';
import type { FlowDirection } from '../../document/geometry/flow-direction.ts';
import type { ModelEdge } from '../../document/schema/model-document.ts';

/** Width divided by height of the canvas in a usual window. */
const CANVAS_SHAPE = 1.4;
/** Number of layers up to which a model is readable in one line and without groups. */
export const READABLE_LAYERS = 24;
/** Number of ranks that always fit into the canvas. */
const READABLE_RANKS = 6;
/** Added to the gap between cards, for the connections that go from the end of a column to the start of the next. */
const BETWEEN_COLUMNS = 32;

/**
 * Divides a long and narrow layout into columns (rows, in direction 'right') that have about the shape of the canvas.
 * Divides only where one output is read by the next card. Keeps the top left corner of the graph.
 *
 * @param places Positions by automatic layout, so that cards of one rank have the same position along the direction.
 */
export function wrapped(
  places: ReadonlyMap<string, Position>,
  edges: readonly ModelEdge[],
  direction: FlowDirection,
): Map<string, Position> {
  const { along, across, size, gap, breadth, gapAcross } = axisOf(direction);
  const ranks = [...Map.groupBy(places, ([, place]) => place[along])].sort(([a], [b]) => a - b);
  const cardsOf = ranks.map(([, cards]) => cards);
  if (ranks.length <= READABLE_RANKS) return new Map(places);
  const [low, high] = rangeOf(cardsOf.flat(), across, breadth);
  const shapeWith = (columns: number) => {
    const length = Math.ceil(ranks.length / columns) * (size + gap) - gap;
    const width = columns * (high - low + gapAcross + BETWEEN_COLUMNS);
    return direction === 'down' ? width / length : length / width;
  };
  const distanceFrom = (columns: number) => Math.abs(Math.log(shapeWith(columns) / CANVAS_SHAPE));
  let count = 1;
  while (distanceFrom(count + 1) < distanceFrom(count)) count++;
  const cuts = cutsOf(ranks.length, count, narrowRanks(cardsOf, edges));
  const result = new Map<string, Position>();
  let aside = low;
  for (const [index, from] of cuts.entries()) {
    const column = cardsOf.slice(from, cuts[index + 1]).flat();
    const [start, end] = rangeOf(column, across, breadth);
    const back = ranks[from]![0] - ranks[0]![0];
    for (const [id, place] of column) {
      result.set(id, { ...place, [along]: place[along] - back, [across]: place[across] - start + aside });
    }
    aside += end - start + gapAcross + BETWEEN_COLUMNS;
  }
  return result;
}

type Card = readonly [string, Position];

function rangeOf(cards: readonly Card[], across: 'x' | 'y', breadth: number): readonly [number, number] {
  const at = cards.map(([, place]) => place[across]);
  return [at.reduce((a, b) => Math.min(a, b), Infinity), at.reduce((a, b) => Math.max(a, b), -Infinity) + breadth];
}

/** Ranks before which a column may end: one output crosses, and is not read after this rank. */
function narrowRanks(ranks: readonly (readonly Card[])[], edges: readonly ModelEdge[]): Set<number> {
  const rankOf = new Map(ranks.flatMap((cards, rank) => cards.map(([id]) => [id, rank] as const)));
  const last = new Map<string, number>();
  for (const { source, target } of edges) {
    const to = rankOf.get(target);
    if (to !== undefined) last.set(source, Math.max(last.get(source) ?? 0, to));
  }
  const change = new Array<number>(ranks.length + 1).fill(0);
  const long = new Array<number>(ranks.length + 1).fill(0);
  for (const [source, to] of last) {
    const from = rankOf.get(source);
    if (from === undefined || to <= from) continue;
    change[from + 1]!++;
    change[to + 1]!--;
    // Is still read after these ranks.
    long[from + 1]!++;
    long[to]!--;
  }
  const narrow = new Set<number>();
  let [crossing, further] = [0, 0];
  for (let rank = 0; rank < ranks.length; rank++) {
    crossing += change[rank]!;
    further += long[rank]!;
    if (crossing === 1 && further === 0) narrow.add(rank);
  }
  return narrow;
}

/** First rank of each column: the narrow rank nearest to an even division. */
function cutsOf(ranks: number, count: number, narrow: ReadonlySet<number>): number[] {
  const cuts = [0];
  for (let index = 1; index < count; index++) {
    const wanted = Math.round((index * ranks) / count);
    const reach = Math.floor(ranks / count / 2);
    const near = Array.from({ length: reach + 1 }, (_, off) => [wanted - off, wanted + off]).flat();
    const cut = near.find((rank) => narrow.has(rank) && rank > cuts.at(-1)! + 1 && rank < ranks - 1);
    if (cut !== undefined) cuts.push(cut);
  }
  return cuts;
}
