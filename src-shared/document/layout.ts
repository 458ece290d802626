import { CARD, type Position } from './edits.ts';
import type { ModelDocument, ModelNode } from './model-document.ts';

/** Where the connections of a graph lead: down, or to the right. */
export type FlowDirection = 'down' | 'right';

type Graph = Pick<ModelDocument, 'nodes' | 'edges'>;

/** Free space between cards that follow each other to the right: room for the curve between them. */
export const GAP_RIGHT = 64;

/**
 * Places nodes in ranks, one after the other in the direction: a node lies one rank behind its
 * last predecessor; ranks are ordered by the mean position of their neighbours (three sweeps of
 * the barycentre heuristic) and centred. Cycles are cut at the first node of the document in
 * them. The top left corner of what was there stays where it was.
 * Source: K. Sugiyama and others, IEEE Transactions on Systems, Man, and Cybernetics 11 (1981).
 */
export function layout(graph: Graph, direction: FlowDirection): Map<string, Position> {
  const { nodes } = graph;
  const sources = neighbours(graph, 'target', 'source');
  const targets = neighbours(graph, 'source', 'target');
  const ranks = ranksOf(nodes, sources, targets);
  orderRanks(ranks, sources, targets);
  const left = least(nodes, 'x');
  const top = least(nodes, 'y');
  const widest = ranks.reduce((most, rank) => Math.max(most, rank.length), 0);
  const [along, across] =
    direction === 'down'
      ? [CARD.height + CARD.gapY, CARD.width + CARD.gapX]
      : [CARD.width + GAP_RIGHT, CARD.height + CARD.gapY];
  const positions = new Map<string, Position>();
  ranks.forEach((rank, depth) => {
    const indent = ((widest - rank.length) * across) / 2;
    rank.forEach((id, place) => {
      const [far, aside] = [depth * along, indent + place * across];
      positions.set(id, direction === 'down' ? { x: left + aside, y: top + far } : { x: left + far, y: top + aside });
    });
  });
  return positions;
}

/** Where most connections lead, as the cards lie now. */
export function flowDirection({ nodes, edges }: Graph): FlowDirection {
  const places = new Map(nodes.map(({ id, position }) => [id, position]));
  let balance = 0;
  for (const { source, target } of edges) {
    const [from, to] = [places.get(source), places.get(target)];
    if (from === undefined || to === undefined) continue;
    const isBeside = to.x - from.x >= CARD.width;
    const isBelow = to.y - from.y >= CARD.height;
    if (isBeside !== isBelow) balance += isBeside ? 1 : -1;
  }
  return balance > 0 ? 'right' : 'down';
}

function least(nodes: readonly ModelNode[], axis: 'x' | 'y'): number {
  return nodes.reduce((smallest, { position }) => Math.min(smallest, position[axis]), Infinity);
}

function neighbours({ nodes, edges }: Graph, of: 'source' | 'target', to: 'source' | 'target'): Map<string, string[]> {
  const found = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const edge of edges) if (found.has(edge[to])) found.get(edge[of])?.push(edge[to]);
  return found;
}

/** Ids by longest way from a beginning, in the order of the document. */
function ranksOf(
  nodes: readonly ModelNode[],
  sources: ReadonlyMap<string, readonly string[]>,
  targets: ReadonlyMap<string, readonly string[]>,
): string[][] {
  const waiting = new Map(nodes.map(({ id }) => [id, sources.get(id)!.length]));
  const depths = new Map<string, number>();
  const ready = nodes.filter(({ id }) => waiting.get(id) === 0).map(({ id }) => id);
  const inOrder = nodes[Symbol.iterator]();
  const place = (id: string): void => {
    const before = sources.get(id)!.map((source) => depths.get(source) ?? -1);
    depths.set(id, before.reduce((most, depth) => Math.max(most, depth), -1) + 1);
    for (const target of targets.get(id)!) {
      const left = waiting.get(target)! - 1;
      waiting.set(target, left);
      if (left === 0 && !depths.has(target)) ready.push(target);
    }
  };
  while (depths.size < nodes.length) {
    for (let id = ready.pop(); id !== undefined; id = ready.pop()) if (!depths.has(id)) place(id);
    // All that is left waits for a cycle.
    for (const { id } of inOrder) {
      if (depths.has(id)) continue;
      place(id);
      break;
    }
  }
  const ranks: string[][] = [];
  for (const { id } of nodes) (ranks[depths.get(id)!] ??= []).push(id);
  return Array.from(ranks, (rank) => rank ?? []);
}

function orderRanks(
  ranks: string[][],
  sources: ReadonlyMap<string, readonly string[]>,
  targets: ReadonlyMap<string, readonly string[]>,
): void {
  const places = new Map<string, number>();
  const note = (rank: string[]) => rank.forEach((id, place) => places.set(id, place - (rank.length - 1) / 2));
  ranks.forEach(note);
  for (const near of [sources, targets, sources]) {
    for (const rank of near === sources ? ranks : ranks.toReversed()) {
      const means = new Map(rank.map((id) => [id, mean(near.get(id)!, places) ?? places.get(id)!]));
      rank.sort((a, b) => means.get(a)! - means.get(b)!);
      note(rank);
    }
  }
}

function mean(ids: readonly string[], places: ReadonlyMap<string, number>): number | null {
  return ids.length === 0 ? null : ids.reduce((sum, id) => sum + (places.get(id) ?? 0), 0) / ids.length;
}
