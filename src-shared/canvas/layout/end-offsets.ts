import { CARD } from '../../document/edits/edits.ts';
import type { FlowDirection } from '../../document/geometry/flow-direction.ts';
import type { ShownGraph } from '../../document/geometry/groups.ts';
import type { DrawnPort } from '../../layers/catalog/connecting.ts';

/** Offset of each end of a connection from the middle of its card's side, across the direction, in pixels. */
export interface EndOffsets {
  readonly source: number;
  readonly target: number;
}

export const NO_OFFSETS: EndOffsets = { source: 0, target: 0 };

/** Distance between neighbours among the connections that join the same cards, in pixels. */
const GAP = 14;
/** Largest distance between the first and the last of them, in pixels. */
const MAX_WIDTH = 56;

const sideOf = (direction: FlowDirection) => (direction === 'down' ? CARD.width : CARD.height);

/** Offset of a port from the middle of the card's side, in pixels. */
export function portOffset(index: number, count: number, direction: FlowDirection): number {
  const side = sideOf(direction);
  return Math.round((side * (index + 1)) / (count + 1) - side / 2);
}

/**
 * Offsets by connection id: of connections to named inputs, and of several that join the same cards.
 * All other connections, and those of a folded group, end in the middles of the sides.
 */
export function endOffsets(
  { folded, edges }: Pick<ShownGraph, 'folded' | 'edges'>,
  ports: ReadonlyMap<string, readonly DrawnPort[]>,
  direction: FlowDirection,
): Map<string, EndOffsets> {
  const offsets = new Map<string, EndOffsets>();
  const inGroups = new Set(folded.flatMap(({ group, members }) => [group.id, ...members.map(({ id }) => id)]));
  for (const [nodeId, shown] of ports) {
    if (inGroups.has(nodeId)) continue;
    shown.forEach(({ edge }, index) => {
      const target = portOffset(index, shown.length, direction);
      if (edge !== undefined && target !== 0) offsets.set(edge.id, { source: 0, target });
    });
  }
  const seen = new Set<string>();
  const joining = new Set<string>();
  for (const { target } of edges) (seen.has(target) ? joining : seen).add(target);
  const unnamed = edges.filter(
    ({ source, target }) => joining.has(target) && !inGroups.has(source) && !inGroups.has(target) && !ports.has(target),
  );
  for (const same of Map.groupBy(unnamed, ({ source, target }) => `${source}\n${target}`).values()) {
    if (same.length === 1) continue;
    const gap = Math.min(GAP, MAX_WIDTH / (same.length - 1));
    same.forEach(({ id }, index) => {
      const offset = (index - (same.length - 1) / 2) * gap;
      if (offset !== 0) offsets.set(id, { source: offset, target: offset });
    });
  }
  return offsets;
}
