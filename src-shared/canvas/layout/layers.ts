import { inInputOrder } from '../../layers/catalog/connecting.ts';
import { inputPorts } from '../../layers/catalog/node-facts.ts';
import type { ModelDocument, ModelEdge } from '../../document/schema/model-document.ts';

/**
 * A graph in ranks. Items are numbered: first the nodes in document order, then placeholders
 * for connections in the ranks that they cross.
 */
export interface Layers {
  readonly nodeCount: number;
  readonly rankOf: readonly number[];
  /** Items of each rank, from left to right. */
  readonly ranks: number[][];
  /** Neighbours of each item in the rank before and in the rank after. */
  readonly before: readonly number[][];
  readonly after: readonly number[][];
  /** For each entry of `after`, the named input of the target, counted from 0; 0 if its inputs have no names. */
  readonly inputs: readonly number[][];
  /** Number of connected named inputs of each item; 1 if its inputs have no names. */
  readonly inputCounts: readonly number[];
}

/** Limit of placeholders; beyond it the longest connections are ignored. */
const MOST_PLACEHOLDERS = 20_000;

/** A graph to lay out. Without `blocks`, the inputs of Block nodes have no order. */
export type LayoutGraph = Pick<ModelDocument, 'nodes' | 'edges'> & Partial<Pick<ModelDocument, 'blocks'>>;

/** A node is one rank after its last predecessor. Connections of one source share placeholders. */
export function layersOf(graph: LayoutGraph): Layers {
  const { nodes, edges } = graph;
  const items = new Map(nodes.map(({ id }, item) => [id, item]));
  const inputOf = namedInputs(graph);
  const inputCounts = nodes.map(() => 1);
  const pairs = edges.flatMap((edge): [number, number, number][] => {
    const [from, to] = [items.get(edge.source), items.get(edge.target)];
    if (from === undefined || to === undefined) return [];
    const input = inputOf.get(edge.id) ?? 0;
    inputCounts[to] = Math.max(inputCounts[to]!, input + 1);
    return [[from, to, input]];
  });
  const rankOf = ranksOf(nodes.length, pairs);
  const before: number[][] = nodes.map(() => []);
  const after: number[][] = nodes.map(() => []);
  const inputs: number[][] = nodes.map(() => []);
  const link = (from: number, to: number, input: number): void => {
    after[from]!.push(to);
    before[to]!.push(from);
    inputs[from]!.push(input);
  };
  const passing: number[][] = nodes.map(() => []);
  let left = MOST_PLACEHOLDERS;
  const length = ([from, to]: readonly [number, number, number]) => rankOf[to]! - rankOf[from]!;
  for (const pair of pairs.filter((way) => length(way) > 0).toSorted((a, b) => length(a) - length(b))) {
    const [from, to, input] = pair;
    const chain = passing[from]!;
    left -= Math.max(0, length(pair) - 1 - chain.length);
    if (left < 0) break;
    while (chain.length < length(pair) - 1) {
      const item = rankOf.length;
      rankOf.push(rankOf[from]! + chain.length + 1);
      before.push([]);
      after.push([]);
      inputs.push([]);
      inputCounts.push(1);
      link(chain.at(-1) ?? from, item, 0);
      chain.push(item);
    }
    link(length(pair) === 1 ? from : chain[length(pair) - 2]!, to, input);
  }
  const ranks: number[][] = [];
  rankOf.forEach((rank, item) => (ranks[rank] ??= []).push(item));
  return { nodeCount: nodes.length, rankOf, ranks, before, after, inputs, inputCounts };
}

/** The position of each edge among the connected named inputs of its target, by edge id. */
function namedInputs({ nodes, edges, blocks = [] }: LayoutGraph): Map<string, number> {
  const named = nodes.filter((node) => inputPorts({ blocks }, node) !== undefined);
  const arriving = named.length === 0 ? new Map<string, ModelEdge[]>() : Map.groupBy(edges, ({ target }) => target);
  return new Map(
    named.flatMap((node) => inInputOrder({ blocks }, node, arriving.get(node.id) ?? []).map(({ id }, at) => [id, at])),
  );
}

/** Length of the longest path to each node; a cycle is cut before its first node in the document. */
function ranksOf(count: number, pairs: readonly (readonly [number, number, number])[]): number[] {
  const sources: number[][] = Array.from({ length: count }, () => []);
  const targets: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of pairs) {
    sources[to]!.push(from);
    targets[from]!.push(to);
  }
  const waiting = sources.map((all) => all.length);
  const ranks = new Array<number>(count).fill(-1);
  const ready = waiting.flatMap((left, item) => (left === 0 ? [item] : []));
  let placed = 0;
  const place = (item: number): void => {
    placed++;
    ranks[item] = sources[item]!.reduce((most, source) => Math.max(most, ranks[source]!), -1) + 1;
    for (const target of targets[item]!) {
      waiting[target]!--;
      if (waiting[target] === 0 && ranks[target] === -1) ready.push(target);
    }
  };
  for (let next = 0; placed < count; next++) {
    for (let item = ready.pop(); item !== undefined; item = ready.pop()) if (ranks[item] === -1) place(item);
    // The remaining nodes depend on a cycle.
    if (placed < count && ranks[next] === -1) place(next);
  }
  return ranks;
}
