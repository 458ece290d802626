import type { Layers } from './layers.ts';

/** Distances between the centers of neighbours in a rank, across the direction of the graph, in pixels. */
export interface Distances {
  /** Half the size of a card. */
  readonly half: number;
  readonly cardToCard: number;
  readonly cardToPassing: number;
  readonly passingToPassing: number;
}

/** Number of passes over all columns; in each pass a column moves towards the columns it is connected with. */
const PASSES = 12;

/**
 * Center of each item across the direction. Items in one line form a column and share its
 * position; columns keep their order and distances.
 */
export function columnsOf(layers: Layers, distances: Distances): number[] {
  const columnOf = alignedItems(layers);
  const columns = neighboursOf(layers, columnOf, distances);
  const places = middlePlaces(columns);
  const pulls = pullsOf(layers, columnOf, columns.length);
  const order = places.map((_, column) => column).sort((a, b) => places[a]! - places[b]! || a - b);
  for (let pass = 0; pass < PASSES; pass++) {
    let moved = false;
    for (const column of pass % 2 === 0 ? order : order.toReversed()) {
      const { least, left, right } = columns[column]!;
      const wanted = wantedPlace(pulls[column]!, places);
      if (wanted === null) continue;
      const from = left.reduce((most, [other, distance]) => Math.max(most, places[other]! + distance), least);
      const to = right.reduce((most, [other, distance]) => Math.min(most, places[other]! - distance), Infinity);
      const place = Math.max(from, Math.min(to, wanted));
      moved ||= Math.abs(place - places[column]!) > 0.5;
      places[column] = place;
    }
    if (!moved) break;
  }
  return columnOf.map((column) => places[column]!);
}

/**
 * The column of each item. A card is in the column of its only predecessor, or of the predecessor
 * on the longest path through neighbouring ranks; if two paths are equally long, in neither.
 */
function alignedItems({ nodeCount, ranks, rankOf, before, after }: Layers): number[] {
  const isCard = (item: number) => item < nodeCount;
  const inOrder = ranks.flat();
  const behind = pathLengths(inOrder, before, isCard);
  const ahead = pathLengths(inOrder.toReversed(), after, isCard);
  const places = new Map(ranks.flatMap((rank) => rank.map((item, place) => [item, place] as const)));
  const next = new Array<number>(rankOf.length).fill(-1);
  const previous = new Array<number>(rankOf.length).fill(-1);
  /** Positions of aligned pairs in a rank and the next one, from left to right: no two may cross. */
  const taken: [number, number][][] = ranks.map(() => []);
  const align = (from: number, to: number): void => {
    if (next[from] !== -1 || previous[to] !== -1) return;
    const [a, b] = [places.get(from)!, places.get(to)!];
    const pairs = taken[rankOf[from]!]!;
    const at = firstBehind(pairs, a);
    if (b < (pairs[at - 1]?.[1] ?? -1) || b > (pairs[at]?.[1] ?? Infinity)) return;
    pairs.splice(at, 0, [a, b]);
    next[from] = to;
    previous[to] = from;
  };
  for (const item of inOrder) {
    const main = isCard(item) ? longest(after[item]!.filter(isCard), ahead) : null;
    if (main !== null && longest(before[main]!.filter(isCard), behind) === item) align(item, main);
  }
  // Then placeholders: with each other, and with a card that has no other connection on that side.
  for (const item of inOrder) {
    for (const target of after[item]!) if (!isCard(item) && !isCard(target)) align(item, target);
    const [only] = after[item]!;
    const alone = only !== undefined && after[item]!.length === 1 && before[only]!.length === 1;
    if (alone && isCard(item) !== isCard(only)) align(item, only);
  }
  const columnOf = new Array<number>(rankOf.length).fill(-1);
  let columns = 0;
  for (const item of inOrder) columnOf[item] = previous[item] === -1 ? columns++ : columnOf[previous[item]!]!;
  return columnOf;
}

/** Index of the first pair whose first position is larger. */
function firstBehind(pairs: readonly (readonly [number, number])[], place: number): number {
  let [low, high] = [0, pairs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[middle]![0] > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Number of cards on the longest path to each card through neighbouring ranks. */
function pathLengths(inOrder: readonly number[], near: Layers['before'], isCard: (item: number) => boolean): number[] {
  const lengths = new Array<number>(near.length).fill(0);
  for (const item of inOrder) {
    if (!isCard(item)) continue;
    lengths[item] = 1 + near[item]!.reduce((most, other) => Math.max(most, lengths[other]!), 0);
  }
  return lengths;
}

/** The item with the longest path; null if there are several. */
function longest(items: readonly number[], lengths: readonly number[]): number | null {
  const most = items.reduce((best, item) => Math.max(best, lengths[item]!), 0);
  const best = items.filter((item) => lengths[item] === most);
  return best.length === 1 ? best[0]! : null;
}

interface Column {
  /** Smallest position that keeps its cards inside the drawing. */
  least: number;
  /** Neighbouring columns in some rank, with their distance. */
  readonly left: [number, number][];
  readonly right: [number, number][];
}

function neighboursOf({ nodeCount, ranks }: Layers, columnOf: readonly number[], distances: Distances): Column[] {
  const count = columnOf.reduce((most, column) => Math.max(most, column), -1) + 1;
  const columns = Array.from({ length: count }, (): Column => ({ least: 0, left: [], right: [] }));
  const distance = (a: number, b: number): number => {
    if (a < nodeCount && b < nodeCount) return distances.cardToCard;
    return a < nodeCount || b < nodeCount ? distances.cardToPassing : distances.passingToPassing;
  };
  for (const rank of ranks) {
    rank.forEach((item, place) => {
      const column = columns[columnOf[item]!]!;
      if (item < nodeCount) column.least = distances.half;
      const other = rank[place + 1];
      if (other === undefined) return;
      column.right.push([columnOf[other]!, distance(item, other)]);
      columns[columnOf[other]!]!.left.push([columnOf[item]!, distance(item, other)]);
    });
  }
  return columns;
}

/** Mean of the leftmost and the rightmost position that the narrowest drawing allows. */
function middlePlaces(columns: readonly Column[]): number[] {
  const inOrder = leftToRight(columns);
  const low = new Array<number>(columns.length).fill(0);
  for (const column of inOrder) {
    const { least, left } = columns[column]!;
    low[column] = left.reduce((most, [other, distance]) => Math.max(most, low[other]! + distance), least);
  }
  const width = columns.reduce((most, { least }, column) => Math.max(most, low[column]! + least), 0);
  const high = new Array<number>(columns.length).fill(0);
  for (const column of inOrder.toReversed()) {
    const { least, right } = columns[column]!;
    high[column] = right.reduce((most, [other, distance]) => Math.min(most, high[other]! - distance), width - least);
  }
  return low.map((place, column) => (place + high[column]!) / 2);
}

/** Columns in topological order of `left`. */
function leftToRight(columns: readonly Column[]): number[] {
  const waiting = columns.map(({ left }) => left.length);
  const ready = waiting.flatMap((count, column) => (count === 0 ? [column] : []));
  // The loop appends to the list.
  for (const column of ready) {
    for (const [other] of columns[column]!.right) {
      waiting[other]!--;
      if (waiting[other] === 0) ready.push(other);
    }
  }
  return ready;
}

/** For each column: the columns it is connected with, and weights. Connections of cards weigh more. */
function pullsOf({ nodeCount, after }: Layers, columnOf: readonly number[], count: number): [number, number][][] {
  const pulls = Array.from({ length: count }, (): [number, number][] => []);
  after.forEach((targets, item) => {
    for (const target of targets) {
      const [from, to] = [columnOf[item]!, columnOf[target]!];
      if (from === to) continue;
      const weight = item < nodeCount && target < nodeCount ? 4 : 1;
      pulls[from]!.push([to, weight]);
      pulls[to]!.push([from, weight]);
    }
  });
  return pulls;
}

function wantedPlace(pulls: readonly [number, number][], places: readonly number[]): number | null {
  let [sum, weights] = [0, 0];
  for (const [other, weight] of pulls) {
    sum += weight * places[other]!;
    weights += weight;
  }
  return weights === 0 ? null : sum / weights;
}
