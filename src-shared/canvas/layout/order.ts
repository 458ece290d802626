import type { Layers } from './layers.ts';

/** Number of sweeps forward and backward over the ranks; the best order is kept. */
const SWEEPS = 8;

/**
 * Orders the items of each rank for few crossings: by the mean position of their neighbours in
 * the rank before, then in the rank after, and so on (barycenter heuristic).
 */
export function orderLayers({ ranks, before, after }: Layers): void {
  const places = new Array<number>(before.length).fill(0);
  const note = (rank: readonly number[]) => rank.forEach((item, place) => (places[item] = place));
  ranks.forEach(note);
  let best = ranks.map((rank) => [...rank]);
  let fewest = crossings(ranks, after, places);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const forward = sweep % 2 === 0;
    for (const rank of forward ? ranks : ranks.toReversed()) {
      sortByNeighbours(rank, forward ? before : after, places);
      note(rank);
    }
    const count = crossings(ranks, after, places);
    if (count >= fewest) continue;
    fewest = count;
    best = ranks.map((rank) => [...rank]);
  }
  best.forEach((rank, index) => (ranks[index] = rank));
}

/** Items without neighbours in `near` sort by their current position. */
function sortByNeighbours(rank: number[], near: Layers['before'], places: readonly number[]): void {
  const means = new Map(rank.map((item) => [item, mean(near[item]!, places) ?? places[item]!]));
  rank.sort((a, b) => means.get(a)! - means.get(b)!);
}

function mean(items: readonly number[], places: readonly number[]): number | null {
  return items.length === 0 ? null : items.reduce((sum, item) => sum + places[item]!, 0) / items.length;
}

/** Number of crossings of connections between neighbouring ranks. */
function crossings(ranks: readonly number[][], after: Layers['after'], places: readonly number[]): number {
  let count = 0;
  ranks.forEach((rank, index) => {
    const next = ranks[index + 1];
    if (next === undefined || (rank.length === 1 && next.length === 1)) return;
    const ends = rank.flatMap((item) => after[item]!.map((target) => places[target]!).sort((a, b) => a - b));
    count += inversions(ends, next.length);
  });
  return count;
}

/**
 * Number of pairs where the first value is larger, counted with a Fenwick tree.
 * Source: W. Barth, P. Mutzel and M. Jünger, Journal of Graph Algorithms and Applications 8 (2004).
 */
function inversions(values: readonly number[], limit: number): number {
  const sums = new Int32Array(limit + 1);
  let count = 0;
  values.forEach((value, before) => {
    let atMost = 0;
    for (let i = value + 1; i > 0; i -= i & -i) atMost += sums[i]!;
    count += before - atMost;
    for (let i = value + 1; i <= limit; i += i & -i) sums[i]!++;
  });
  return count;
}
