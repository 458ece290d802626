import type { Layers } from './layers.ts';

/** Number of sweeps forward and backward over the ranks; the best order is kept. */
const SWEEPS = 8;

/** Position of each item in its rank, from 0. */
type Places = readonly number[];

interface Order {
  readonly ranks: readonly (readonly number[])[];
  readonly crossings: number;
}

/**
 * Orders the items of each rank for few crossings. Connections to named inputs of an item end next to each other, in
 * the order of the inputs.
 */
export function orderLayers(layers: Layers): void {
  let best = sweep(layers, layers.ranks);
  if (best.crossings > 0 && layers.inputCounts.some((count) => count > 1)) {
    const other = sweep(layers, ranksByInputs(layers));
    if (other.crossings < best.crossings) best = other;
  }
  best.ranks.forEach((rank, index) => (layers.ranks[index] = [...rank]));
}

/**
 * Sorts each rank by the mean position of the neighbours in the rank before, then in the rank after, and so on
 * (barycenter heuristic).
 */
function sweep(layers: Layers, initial: readonly (readonly number[])[]): Order {
  const { before, after, inputs, inputCounts } = layers;
  const ranks = initial.map((rank) => [...rank]);
  const places = new Array<number>(before.length).fill(0);
  const meanBefore = (item: number) => mean(before[item]!, places);
  /** A connection ends in the middle of its target, or at one of its inputs. */
  const offsets = inputs.map((all, item) =>
    all.map((input, at) => (input + 1) / (inputCounts[after[item]![at]!]! + 1) - 0.5),
  );
  const meanAfter = (item: number) => mean(after[item]!, places, offsets[item]!);
  const note = (rank: readonly number[]) => rank.forEach((item, place) => (places[item] = place));
  ranks.forEach(note);
  let best: Order = { ranks: initial, crossings: crossings(layers, ranks, places) };
  for (let round = 0; round < SWEEPS && best.crossings > 0; round++) {
    const forward = round % 2 === 0;
    for (const rank of forward ? ranks : ranks.toReversed()) {
      sortByMean(rank, forward ? meanBefore : meanAfter, places);
      note(rank);
    }
    const count = crossings(layers, ranks, places);
    if (count < best.crossings) best = { ranks: ranks.map((rank) => [...rank]), crossings: count };
  }
  return best;
}

/** Ranks in the order of a depth-first search from items with named inputs, along their inputs. */
function ranksByInputs({ ranks, before, after, inputs, inputCounts }: Layers): number[][] {
  const sources: { readonly item: number; readonly input: number }[][] = before.map(() => []);
  after.forEach((targets, item) =>
    targets.forEach((target, at) => sources[target]!.push({ item, input: inputs[item]![at]! })),
  );
  for (const each of sources) each.sort((a, b) => a.input - b.input);
  const found = new Array<number>(before.length).fill(-1);
  let count = 0;
  const items = ranks.flat();
  for (const start of [...items.filter((item) => inputCounts[item]! > 1), ...items]) {
    const pending = [start];
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      if (found[item] !== -1) continue;
      found[item] = count++;
      pending.push(...sources[item]!.map((source) => source.item).toReversed());
    }
  }
  return ranks.map((rank) => rank.toSorted((a, b) => found[a]! - found[b]!));
}

/** Items without a mean sort by their current position. */
function sortByMean(rank: number[], meanOf: (item: number) => number | null, places: Places): void {
  const means = new Map(rank.map((item) => [item, meanOf(item) ?? places[item]!]));
  rank.sort((a, b) => means.get(a)! - means.get(b)!);
}

function mean(items: readonly number[], places: Places, offsets: readonly number[] = []): number | null {
  if (items.length === 0) return null;
  return items.reduce((sum, item, at) => sum + places[item]! + (offsets[at] ?? 0), 0) / items.length;
}

/** Number of crossings of connections between neighbouring ranks. */
function crossings(
  { after, inputs, inputCounts }: Layers,
  ranks: readonly (readonly number[])[],
  places: Places,
): number {
  const mostInputs = inputCounts.reduce((most, each) => Math.max(most, each), 1);
  let count = 0;
  ranks.forEach((rank, index) => {
    const next = ranks[index + 1];
    if (next === undefined || (rank.length === 1 && next.length === 1)) return;
    const ends = rank.flatMap((item) =>
      after[item]!.map((target, at) => places[target]! * mostInputs + inputs[item]![at]!).sort((a, b) => a - b),
    );
    count += inversions(ends, next.length * mostInputs);
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
