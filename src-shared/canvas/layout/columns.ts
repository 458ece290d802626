import type { Layers } from './layers.ts';

/** Distances between the middles of neighbours in a rank, across the direction of the graph. */
export interface Distances {
  /** Half a card. */
  readonly half: number;
  readonly cardToCard: number;
  readonly cardToPassing: number;
  readonly passingToPassing: number;
}

/** Ways through all columns in which each moves as near as it can to what it is connected with. */
const PASSES = 12;

/**
 * Where the middle of each item lies across the direction. Items that belong in one line make a
 * column and share their place; columns keep their order and distances.
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
 * The column of each item. A card stands under the one card before it, or under that on the
 * longest way through neighbouring ranks; where two are as long, it stands between them.
 */
function alignedItems({ nodeCount, ranks, rankOf, before, after }: Layers): number[] {
  const isCard = (item: number) => item < nodeCount;
  const inOrder = ranks.flat();
  const behind = waysThrough(inOrder, before, isCard);
  const ahead = waysThrough(inOrder.toReversed(), after, isCard);
  const places = new Map(ranks.flatMap((rank) => rank.map((item, place) => [item, place] as const)));
  const next = new Array<number>(rankOf.length).fill(-1);
  const previous = new Array<number>(rankOf.length).fill(-1);
  /** Places of pairs in one line between a rank and the next, from left to right: none may cross. */
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
  // Then what passes: straight on, and straight out of or into a card that has nothing else there.
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

/** The index of the first pair whose first place is larger. */
function firstBehind(pairs: readonly (readonly [number, number])[], place: number): number {
  let [low, high] = [0, pairs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[middle]![0] > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Cards on the longest way to each card through neighbouring ranks. */
function waysThrough(inOrder: readonly number[], near: Layers['before'], isCard: (item: number) => boolean): number[] {
  const ways = new Array<number>(near.length).fill(0);
  for (const item of inOrder) {
    if (!isCard(item)) continue;
    ways[item] = 1 + near[item]!.reduce((most, other) => Math.max(most, ways[other]!), 0);
  }
  return ways;
}

/** The one with the longest way; null where two have it. */
function longest(items: readonly number[], ways: readonly number[]): number | null {
  const most = items.reduce((best, item) => Math.max(best, ways[item]!), 0);
  const best = items.filter((item) => ways[item] === most);
  return best.length === 1 ? best[0]! : null;
}

interface Column {
  /** The nearest to the edge of the drawing that it may lie. */
  least: number;
  /** Columns beside it in some rank, with the distance they keep. */
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

/** In the middle between as far left, and as far right, as the narrowest drawing allows. */
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

/** Each column behind all that lie left of it somewhere. */
function leftToRight(columns: readonly Column[]): number[] {
  const waiting = columns.map(({ left }) => left.length);
  const ready = waiting.flatMap((count, column) => (count === 0 ? [column] : []));
  // The list grows on the way.
  for (const column of ready) {
    for (const [other] of columns[column]!.right) {
      waiting[other]!--;
      if (waiting[other] === 0) ready.push(other);
    }
  }
  return ready;
}

/** Columns that each is connected with, and how strongly: cards pull more than what passes. */
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
