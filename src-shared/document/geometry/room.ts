import { axisOf, type Axis } from './axis.ts';
import { move, type Position } from '../edits/edits.ts';
import { flowDirection, type FlowDirection } from './flow-direction.ts';
import { placesShown, placesWithMembers, shownGraph, type ShownGraph } from './groups.ts';
import { reached } from '../schema/ancestors.ts';
import type { ModelDocument, ModelEdge } from '../schema/model-document.ts';
import type { Operation } from '../history/operations.ts';

/** The cards around a new one. */
export interface Surroundings {
  readonly direction: FlowDirection;
  readonly axis: Axis;
  readonly shown: ShownGraph;
  /** Positions by id of the layer or of the folded group. */
  readonly places: ReadonlyMap<string, Position>;
}

/** @param group The group of the new card. If it is folded, only its members are considered. */
export function surroundingsOf(document: ModelDocument, group: string | undefined): Surroundings {
  const direction = flowDirection(document);
  const isFolded = document.groups?.some(({ id, collapsed }) => id === group && collapsed) === true;
  const shown = shownGraph(isFolded ? withFold(document, group!, false) : document, direction);
  const members = new Set(document.nodes.flatMap((node) => (node.group === group ? node.id : [])));
  const places = [...placesShown(shown)].filter(([id]) => !isFolded || members.has(id));
  return { direction, axis: axisOf(direction), shown, places: new Map(places) };
}

/** The document with a group folded or open; moves nothing. */
export function withFold(document: ModelDocument, groupId: string, collapsed: boolean): ModelDocument {
  const groups = document.groups?.map((group) => (group.id === groupId ? { ...group, collapsed } : group));
  return { ...document, groups };
}

/** Id of the card that shows a layer. */
export function cardOf(document: ModelDocument, { places }: Surroundings, nodeId: string): string {
  return places.has(nodeId) ? nodeId : (document.nodes.find(({ id }) => id === nodeId)?.group ?? nodeId);
}

/** All other cards that can be reached from one. */
export function cardsBehind(edges: readonly ModelEdge[], card: string): Set<string> {
  const found = reached(edges, [card], 'source', 'target');
  found.delete(card);
  return found;
}

/**
 * The given position if it is free, otherwise the nearest free one across the direction of the graph.
 * @param giveWay Cards that will move to make space.
 */
export function freeAside({ axis, places }: Surroundings, wanted: Position, giveWay: ReadonlySet<string>): Position {
  const others = [...places].filter(([id]) => !giveWay.has(id)).map(([, place]) => place);
  const near = others.filter((other) => Math.abs(other[axis.along] - wanted[axis.along]) < axis.size);
  const isFree = (at: number) => near.every((other) => Math.abs(other[axis.across] - at) >= axis.breadth);
  const step = axis.breadth + axis.gapAcross;
  const start = wanted[axis.across];
  const tried = [start, ...near.flatMap((other) => [other[axis.across] + step, other[axis.across] - step])];
  const free = tried.filter(isFree).sort((a, b) => Math.abs(a - start) - Math.abs(b - start));
  return { ...wanted, [axis.across]: free[0] ?? start };
}

/** Moves the cards `giveWay` by one distance along the direction, so that a card at `at` covers none of them. */
export function makeRoom(
  document: ModelDocument,
  { axis, shown, places, direction }: Surroundings,
  at: Position,
  giveWay: ReadonlySet<string>,
): readonly Operation[] {
  const { along, across, size, breadth, gap } = axis;
  const end = at[along] + size + gap;
  const inTheWay = [...places].filter(
    ([id, place]) =>
      giveWay.has(id) &&
      Math.abs(place[across] - at[across]) < breadth &&
      place[along] < end &&
      place[along] + size > at[along],
  );
  if (inTheWay.length === 0) return [];
  const by = end - Math.min(...inTheWay.map(([, place]) => place[along]));
  const moved = movedOn(places, shown.edges, giveWay, axis, by);
  return move(document, placesWithMembers(document, shown, moved, direction))?.operations ?? [];
}

/**
 * Positions of cards that move along the direction by `by`. Cards that they would cover move too,
 * together with all cards after these.
 */
export function movedOn(
  places: ReadonlyMap<string, Position>,
  edges: readonly ModelEdge[],
  ids: ReadonlySet<string>,
  { along, across, size, breadth }: Axis,
  by: number,
): Map<string, Position> {
  const moved = new Map<string, Position>();
  let more = new Set(ids);
  while (more.size > 0) {
    const from = [...more].flatMap((id) => places.get(id) ?? []);
    for (const id of more) {
      const place = places.get(id);
      if (place !== undefined) moved.set(id, { ...place, [along]: place[along] + by });
    }
    const met = [...places].filter(
      ([id, place]) =>
        !moved.has(id) &&
        from.some((other) => {
          if (Math.abs(other[across] - place[across]) >= breadth) return false;
          const ahead = place[along] - other[along];
          return ahead >= size && ahead < by + size;
        }),
    );
    more = new Set(met.flatMap(([id]) => [id, ...cardsBehind(edges, id)]).filter((id) => !moved.has(id)));
  }
  return moved;
}
