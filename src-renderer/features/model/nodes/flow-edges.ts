import type { Edge } from '@xyflow/svelte';
import { placesShown, type ShownGraph } from '../../../../src-shared/document/geometry/groups.ts';
import type { Position } from '../../../../src-shared/document/edits/edits.ts';
import type { FlowDirection } from '../../../../src-shared/document/geometry/flow-direction.ts';
import type { ModelDocument, ModelEdge } from '../../../../src-shared/document/schema/model-document.ts';
import { endOffsets, type EndOffsets } from '../../../../src-shared/canvas/layout/end-offsets.ts';
import type { DrawnPort } from '../../../../src-shared/layers/catalog/connecting.ts';
import { routesOf, type Route } from '../../../../src-shared/canvas/layout/routes.ts';

/** What a connection is drawn from, besides its ends. */
export interface EdgeData extends Record<string, unknown> {
  /** The way around cards; absent: straight on. */
  readonly route?: Route;
  /** Absent: its ends are in the middles of the cards' sides. */
  readonly offsets?: EndOffsets;
}

export type FlowEdge = Edge<EdgeData>;

/** Routes, and the places and connections they were found from. */
export interface Routing {
  readonly places: ReadonlyMap<string, Position>;
  readonly edges: readonly ModelEdge[];
  readonly direction: FlowDirection;
  readonly offsets: ReadonlyMap<string, EndOffsets>;
  readonly routes: ReadonlyMap<string, Route>;
}

type Ports = ReadonlyMap<string, readonly DrawnPort[]>;

/** Recomputed only when cards or connections change or move. */
export function routingOf(
  shown: ShownGraph,
  ports: Ports,
  direction: FlowDirection,
  previous: Routing | null,
): Routing {
  const places = placesShown(shown);
  const { edges } = shown;
  const offsets = endOffsets(shown, ports, direction);
  const same =
    previous?.direction === direction &&
    samePlaces(previous.places, places) &&
    sameOffsets(previous.offsets, offsets) &&
    previous.edges.length === edges.length &&
    edges.every((edge, i) => sameConnection(edge, previous.edges[i]!));
  if (same) return previous;
  return { places, edges, direction, offsets, routes: routesOf(places, edges, direction, offsets) };
}

function sameOffsets(a: Routing['offsets'], b: Routing['offsets']): boolean {
  return a.size === b.size && [...a].every(([id, ends]) => sameEndOffsets(ends, b.get(id)));
}

function sameEndOffsets(a: EndOffsets | undefined, b: EndOffsets | undefined): boolean {
  return a?.source === b?.source && a?.target === b?.target;
}

function samePlaces(a: Routing['places'], b: Routing['places']): boolean {
  return a.size === b.size && [...a].every(([id, { x, y }]) => b.get(id)?.x === x && b.get(id)?.y === y);
}

function sameConnection(a: ModelEdge, b: ModelEdge): boolean {
  return a === b || (a.id === b.id && a.source === b.source && a.target === b.target);
}

function sameRoute(a: Route | undefined, b: Route | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return a === b;
  const samePassage = ({ across, from, to }: Route[number], i: number) =>
    across === b[i]!.across && from === b[i]!.from && to === b[i]!.to;
  return a.length === b.length && a.every(samePassage);
}

/** The document's edges as xyflow's; unchanged ones, and the list of them, keep their identity. */
export function flowEdges(
  document: ModelDocument,
  shown: ShownGraph,
  ports: Ports,
  { routes, offsets: allOffsets }: Routing,
  selected: ReadonlySet<string>,
  previous: readonly FlowEdge[],
): FlowEdge[] {
  const before = new Map(previous.map((edge) => [edge.id, edge]));
  const names = new Map([...document.nodes, ...(document.groups ?? [])].map(({ id, name }) => [id, name]));
  const portOf = new Map([...ports.values()].flat().map((port) => [port.edge?.id, port]));
  const edges = shown.edges.map(({ id, source, target }): FlowEdge => {
    const known = before.get(id);
    const isSelected = selected.has(id);
    const route = routes.get(id);
    const offsets = allOffsets.get(id);
    // The card of a folded group has no ports.
    const port = ports.has(target) ? portOf.get(id) : undefined;
    const targetHandle = port?.name ?? null;
    const input = port === undefined ? '' : `, input ${port.label}`;
    const ariaLabel = `Connection from ${names.get(source) ?? '?'} to ${names.get(target) ?? '?'}${input}`;
    if (
      known !== undefined &&
      known.source === source &&
      known.target === target &&
      known.targetHandle === targetHandle &&
      known.ariaLabel === ariaLabel &&
      sameRoute(known.data?.route, route) &&
      sameEndOffsets(known.data?.offsets, offsets) &&
      (known.selected ?? false) === isSelected
    ) {
      return known;
    }
    const data = { ...(route === undefined ? {} : { route }), ...(offsets === undefined ? {} : { offsets }) };
    return { id, source, target, targetHandle, type: 'layer', selected: isSelected, ariaLabel, data };
  });
  const same = edges.length === previous.length && edges.every((edge, i) => edge === previous[i]);
  return same ? (previous as FlowEdge[]) : edges;
}
