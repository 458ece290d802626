import { axisOf } from '../../document/geometry/axis.ts';
import type { Position } from '../../document/edits/edits.ts';
import type { FlowDirection } from '../../document/geometry/flow-direction.ts';
import type { ModelDocument } from '../../document/schema/model-document.ts';
import type { LayoutGraph } from './layers.ts';
import { layout } from './layout.ts';
import { DOWN, isNear, LEFT, RIGHT, UP, clearOffset } from './clear-offset.ts';

/**
 * Automatic layout in which some nodes keep their positions. Where possible, successors of these
 * come after them and predecessors before them; a node that would overlap another is shifted.
 * Keeps the top left corner of the nodes that may move.
 */
export function layoutAround(
  graph: LayoutGraph,
  kept: ReadonlySet<string>,
  direction: FlowDirection,
): Map<string, Position> {
  const ideal = layout(graph, direction);
  const free = graph.nodes.filter(({ id }) => !kept.has(id));
  if (free.length === graph.nodes.length) return ideal;
  const places = new Map(graph.nodes.flatMap(({ id, position }) => (kept.has(id) ? [[id, position] as const] : [])));
  const { along, size, gap } = axisOf(direction);
  const step = size + gap;
  const rankOf = (id: string) => ideal.get(id)![along];
  const forward = graph.edges.filter(
    ({ source, target }) => ideal.has(source) && ideal.has(target) && rankOf(source) < rankOf(target),
  );
  const arriving = Map.groupBy(forward, ({ target }) => target);
  const inOrder = graph.nodes.map(({ id }) => id).sort((a, b) => rankOf(a) - rankOf(b));
  const latest = latestPlaces(inOrder.toReversed(), forward, places, { along, step });
  const corner = (axis: 'x' | 'y') =>
    least(free.map(({ position }) => position[axis])) - least(free.map(({ id }) => ideal.get(id)![axis]));
  const [dx, dy] = [corner('x'), corner('y')];
  for (const id of inOrder) {
    if (kept.has(id)) continue;
    const { x, y } = ideal.get(id)!;
    const wanted = { x: x + dx, y: y + dy };
    const before = (arriving.get(id) ?? []).flatMap(({ source }) => places.get(source)?.[along] ?? []);
    const start = before.length === 0 ? Math.min(wanted[along], latest.get(id) ?? Infinity) : most(before) + step;
    const place = { ...wanted, [along]: start };
    const near = [...places.values()];
    const ways = direction === 'down' ? [DOWN, RIGHT, LEFT] : [RIGHT, DOWN, UP];
    const off = near.some((other) => isNear(other, place)) ? clearOffset([place], near, ways) : { x: 0, y: 0 };
    places.set(id, { x: place.x + off.x, y: place.y + off.y });
  }
  return places;
}

/** Largest position of each node along the direction such that kept successors come after it. */
function latestPlaces(
  nodesBackwards: readonly string[],
  edges: ModelDocument['edges'],
  kept: ReadonlyMap<string, Position>,
  { along, step }: { along: 'x' | 'y'; step: number },
): Map<string, number> {
  const leaving = Map.groupBy(edges, ({ source }) => source);
  const latest = new Map<string, number>();
  for (const id of nodesBackwards) {
    const behind = (leaving.get(id) ?? []).map(({ target }) => (latest.get(target) ?? Infinity) - step);
    latest.set(id, kept.get(id)?.[along] ?? least(behind));
  }
  return latest;
}

function least(values: readonly number[]): number {
  return values.reduce((smallest, value) => Math.min(smallest, value), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, value), -Infinity);
}
