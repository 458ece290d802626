import type { ModelDocument } from '../../document/schema/model-document.ts';

/** A graph with its nodes in topological order. Any consecutive part of it can be folded without a cycle. */
export interface FlowOrder {
  readonly nodes: ModelDocument['nodes'];
  /** Positions in `nodes` of the targets of each node. */
  readonly targets: readonly (readonly number[])[];
  /** For each position, the number of nodes before it whose output is read at or after it. */
  readonly crossing: readonly number[];
}

/** Follows one branch to its end before the next one, so that a branch is consecutive. Null if the graph has a cycle. */
export function flowOrder({ nodes, edges }: Pick<ModelDocument, 'nodes' | 'edges'>): FlowOrder | null {
  const items = new Map(nodes.map(({ id }, item) => [id, item]));
  const leaving = nodes.map(() => new Set<number>());
  for (const { source, target } of edges) {
    const [from, to] = [items.get(source), items.get(target)];
    if (from !== undefined && to !== undefined) leaving[from]!.add(to);
  }
  const waiting = nodes.map(() => 0);
  for (const next of leaving) for (const target of next) waiting[target]!++;
  const ready = waiting.flatMap((left, item) => (left === 0 ? [item] : [])).toReversed();
  const order: number[] = [];
  for (let item = ready.pop(); item !== undefined; item = ready.pop()) {
    order.push(item);
    const next = [...leaving[item]!].filter((target) => {
      waiting[target]!--;
      return waiting[target] === 0;
    });
    ready.push(...next.toSorted((a, b) => b - a));
  }
  if (order.length < nodes.length) return null;
  const place = new Map(order.map((item, at) => [item, at]));
  const targets = order.map((item) => [...leaving[item]!].map((target) => place.get(target)!));
  return { nodes: order.map((item) => nodes[item]!), targets, crossing: crossingOf(targets) };
}

function crossingOf(targets: FlowOrder['targets']): number[] {
  const change = new Array<number>(targets.length + 1).fill(0);
  targets.forEach((all, at) => {
    const last = all.reduce((most, target) => Math.max(most, target), at);
    change[at + 1]!++;
    change[last + 1]!--;
  });
  let count = 0;
  return targets.map((_, at) => (count += change[at]!));
}

/** A consecutive part of the order: positions from `start` to before `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export const lengthOf = ({ start, end }: Stretch): number => end - start;

/** Whether the nodes of a stretch are connected with each other. */
export function isConnected({ targets }: FlowOrder, { start, end }: Stretch): boolean {
  const near = new Map<number, number[]>();
  for (let at = start; at < end; at++) near.set(at, []);
  for (let at = start; at < end; at++) {
    for (const target of targets[at]!) {
      if (target >= end) continue;
      near.get(at)!.push(target);
      near.get(target)!.push(at);
    }
  }
  const seen = new Set([start]);
  for (const at of seen) for (const other of near.get(at)!) seen.add(other);
  return seen.size === end - start;
}

/** The parts of the order that are in none of the stretches, and whose nodes all satisfy `isIncluded`. */
export function stretchesBetween(
  { nodes }: FlowOrder,
  stretches: readonly Stretch[],
  isIncluded: (node: ModelDocument['nodes'][number]) => boolean,
): Stretch[] {
  const taken = new Set(
    stretches.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)),
  );
  const found: Stretch[] = [];
  let start: number | null = null;
  for (let at = 0; at <= nodes.length; at++) {
    const isFree = at < nodes.length && !taken.has(at) && isIncluded(nodes[at]!);
    if (isFree) start ??= at;
    else if (start !== null) {
      found.push({ start, end: at });
      start = null;
    }
  }
  return found;
}
