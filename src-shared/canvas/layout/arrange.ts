import { move, released, type Position } from '../../document/edits/edits.ts';
import { flowDirection, type FlowDirection } from '../../document/geometry/flow-direction.ts';
import { asNode, placesWithMembers, shownGraph, type ShownGraph } from '../../document/geometry/groups.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { withSource } from '../../document/schema/ports.ts';
import type { Change } from '../../document/history/operations.ts';
import { layoutAround } from './layout-around.ts';
import type { LayoutGraph } from './layers.ts';
import { layout } from './layout.ts';
import { READABLE_LAYERS, wrapped } from './wrap.ts';
import { DOWN, LEFT, RIGHT, UP, clearOffset } from './clear-offset.ts';

type Graph = LayoutGraph & Pick<ModelDocument, 'notes' | 'groups'>;

/** Automatic layout of the layers that were not placed by hand. Null if nothing moves. */
export function arrange(document: ModelDocument, direction: FlowDirection): Change | null {
  const places = layoutFolded(document, direction, flowDirection(document));
  return labelled(move(document, places), 'Arrange layers');
}

/** Automatic layout of all layers; clears `placed`. Null if nothing changes. */
export function arrangeAll(document: ModelDocument, direction: FlowDirection): Change | null {
  const free = { ...document, nodes: document.nodes.map(released) };
  const places = layoutFolded(free, direction, flowDirection(document));
  const nodes = free.nodes.map((node) => ({ ...node, position: places.get(node.id) ?? node.position }));
  const changed = nodes.filter((node, i) => {
    const { position, placed } = document.nodes[i]!;
    return placed === true || node.position.x !== position.x || node.position.y !== position.y;
  });
  const notes = move({ ...document, nodes: [] }, places)?.operations ?? [];
  if (changed.length === 0 && notes.length === 0) return null;
  return { label: 'Arrange everything', operations: [{ kind: 'replaceNodes', nodes: changed }, ...notes] };
}

/** Number of layers placed by hand, which automatic layout does not move. */
export function countPlaced({ nodes }: Pick<ModelDocument, 'nodes'>): number {
  return nodes.filter(({ placed }) => placed).length;
}

/**
 * Automatic layout of some layers around their current center, moved as little as necessary to
 * not cover other layers. Chosen layers that are connected through others count as connected.
 * Null if nothing moves.
 */
export function arrangeSome(
  document: ModelDocument,
  nodeIds: readonly string[],
  direction: FlowDirection,
): Change | null {
  const shown = shownGraph(document, flowDirection(document));
  const cards = cardsOf(shown);
  const wanted = new Set(cardsChosen(shown, nodeIds));
  const chosen = cards.filter(({ id }) => wanted.has(id));
  const others = cards.filter(({ id }) => !wanted.has(id)).map(({ position }) => position);
  const { blocks } = document;
  const places = layout({ nodes: chosen, edges: edgesAmong(shown.edges, wanted), blocks }, direction);
  const [from, to] = [middleOf(chosen.map(({ position }) => position)), middleOf([...places.values()])];
  const around = movedBy(places, { x: Math.round(from.x - to.x), y: Math.round(from.y - to.y) });
  const free = movedBy(around, clearOffset([...around.values()], others, [DOWN, RIGHT, UP, LEFT]));
  return labelled(move(document, withMembers(document, shown, free, direction)), `Arrange ${nodeIds.length} layers`);
}

/** Number of cards (layers or folded groups) that show these layers. */
export function countCards(document: ModelDocument, nodeIds: readonly string[]): number {
  return nodeIds.length < 2 ? nodeIds.length : cardsChosen(shownGraph(document, 'down'), nodeIds).length;
}

/**
 * Automatic layout around cards placed by hand; without such cards, a long model is divided into columns. A folded
 * group is one card; its members are laid out inside. @param now Current direction of the graph.
 */
export function layoutFolded(graph: Graph, direction: FlowDirection, now: FlowDirection): Map<string, Position> {
  const shown = shownGraph(graph, now);
  const cards = cardsOf(shown);
  const kept = new Set(cards.filter(({ placed }) => placed).map(({ id }) => id));
  const { blocks = [] } = graph;
  const laidOut = layoutAround({ nodes: cards, edges: [...shown.edges], blocks }, kept, direction);
  const isWrapped = kept.size === 0 && graph.nodes.length > READABLE_LAYERS;
  const places = isWrapped ? wrapped(laidOut, shown.edges, direction) : laidOut;
  for (const id of kept) places.delete(id);
  return withMembers(graph, shown, places, direction);
}

/** Positions of layers and notes for given positions of cards; lays out the members of folded groups. */
function withMembers(
  graph: Graph,
  shown: ShownGraph,
  cards: ReadonlyMap<string, Position>,
  direction: FlowDirection,
): Map<string, Position> {
  const { blocks = [] } = graph;
  const inside = new Map<string, Position>();
  for (const { group, members } of shown.folded) {
    if (!cards.has(group.id)) continue;
    const edges = edgesAmong(graph.edges, new Set(members.map(({ id }) => id)));
    for (const [id, place] of layout({ nodes: [...members], edges, blocks }, direction)) inside.set(id, place);
  }
  const nodes = graph.nodes.map((node) => ({ ...node, position: inside.get(node.id) ?? node.position }));
  return placesWithMembers({ ...graph, nodes }, shown, cards, direction);
}

function cardsOf({ nodes, folded }: ShownGraph): ModelNode[] {
  return [...nodes, ...folded.map(asNode)];
}

/** Ids of the cards that show these layers. */
function cardsChosen({ nodes, folded }: ShownGraph, nodeIds: readonly string[]): string[] {
  const wanted = new Set(nodeIds);
  return [
    ...nodes.filter(({ id }) => wanted.has(id)).map(({ id }) => id),
    ...folded.filter(({ members }) => members.some(({ id }) => wanted.has(id))).map(({ group }) => group.id),
  ];
}

/** Connections between chosen cards, direct ones and those through other cards, with the inputs that they lead to. */
function edgesAmong(edges: readonly ModelEdge[], chosen: ReadonlySet<string>): ModelEdge[] {
  const leaving = Map.groupBy(edges, ({ source }) => source);
  return [...chosen].flatMap((source) => {
    const found = new Map<string, ModelEdge>();
    const pending = [source];
    for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
      for (const edge of leaving.get(current) ?? []) {
        if (found.has(edge.target)) continue;
        found.set(edge.target, edge);
        if (!chosen.has(edge.target)) pending.push(edge.target);
      }
    }
    return [...found.values()]
      .filter(({ target }) => chosen.has(target) && target !== source)
      .map((edge) => ({ ...withSource(edge, { source }), id: `${source} ${edge.target}` }));
  });
}

function middleOf(corners: readonly Position[]): Position {
  const middle = (values: readonly number[]) =>
    values.reduce((most, value) => Math.max(most, value), -Infinity) / 2 +
    values.reduce((least, value) => Math.min(least, value), Infinity) / 2;
  return { x: middle(corners.map(({ x }) => x)), y: middle(corners.map(({ y }) => y)) };
}

function movedBy(places: ReadonlyMap<string, Position>, by: Position): Map<string, Position> {
  return new Map([...places].map(([id, { x, y }]) => [id, { x: x + by.x, y: y + by.y }]));
}

function labelled(change: Change | null, label: string): Change | null {
  return change === null ? null : { ...change, label };
}
