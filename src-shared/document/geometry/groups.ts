import { membersOf, type GroupedGraph } from '../schema/annotations.ts';
import { CARD, type Position } from '../edits/edits.ts';
import type { FlowDirection } from './flow-direction.ts';
import type { ModelDocument, ModelEdge, ModelGroup, ModelNode, ModelNote } from '../schema/model-document.ts';
import { withSource, withTarget } from '../schema/ports.ts';

export interface Box extends Position {
  readonly width: number;
  readonly height: number;
}

/** The rectangle around a group's members; null if it has none. */
export function boxOf(graph: GroupedGraph, groupId: string): Box | null {
  const { nodes, notes } = membersOf(graph, groupId);
  return boxAround([
    ...nodes.map(({ position }) => ({ ...position, width: CARD.width, height: CARD.height })),
    ...notes.map(({ position, size }) => ({ ...position, ...size })),
  ]);
}

/** Padding of a group's frame in pixels; the title is at the top. */
const FRAME = { side: 10, top: 26, bottom: 8 } as const;

export function frameAround({ x, y, width, height }: Box): Box {
  return {
    x: x - FRAME.side,
    y: y - FRAME.top,
    width: width + 2 * FRAME.side,
    height: height + FRAME.top + FRAME.bottom,
  };
}

/** Notes that are not in a folded group. */
export function notesShown({ notes = [], groups = [] }: Omit<GroupedGraph, 'nodes'>): ModelNote[] {
  const folded = new Set(groups.filter(({ collapsed }) => collapsed).map(({ id }) => id));
  return notes.filter(({ group }) => group === undefined || !folded.has(group));
}

/** The bounding box; null for no boxes. */
export function boxAround(boxes: readonly Box[]): Box | null {
  if (boxes.length === 0) return null;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  return {
    x,
    y,
    width: Math.max(...boxes.map((box) => box.x + box.width)) - x,
    height: Math.max(...boxes.map((box) => box.y + box.height)) - y,
  };
}

/** Position of a folded group's card: at the start of its members along the direction, centered across it. */
export function cardPosition(box: Box, direction: FlowDirection): Position {
  return direction === 'down'
    ? { x: box.x + (box.width - CARD.width) / 2, y: box.y }
    : { x: box.x, y: box.y + (box.height - CARD.height) / 2 };
}

/** A folded group: one card instead of its members. */
export interface FoldedGroup {
  readonly group: ModelGroup;
  readonly members: readonly ModelNode[];
  readonly position: Position;
}

/** A graph as it is drawn. */
export interface ShownGraph {
  /** Layers that are not in a folded group. */
  readonly nodes: readonly ModelNode[];
  readonly folded: readonly FoldedGroup[];
  /** Edges to members of a folded group have the group's id as end, without a port; edges inside one are omitted. */
  readonly edges: readonly ModelEdge[];
}

type Graph = Pick<ModelDocument, 'nodes' | 'edges' | 'notes' | 'groups'>;

/** Positions of the cards by id of the layer or the folded group. */
export function placesShown({ nodes, folded }: ShownGraph): Map<string, Position> {
  return new Map<string, Position>([
    ...nodes.map(({ id, position }): [string, Position] => [id, position]),
    ...folded.map(({ group, position }): [string, Position] => [group.id, position]),
  ]);
}

/** Boxes of all visible cards, notes and frames of open groups. */
export function boxesShown(graph: Graph, direction: FlowDirection): Box[] {
  const { width, height } = CARD;
  const frames = (graph.groups ?? []).flatMap(({ id, collapsed }) => (collapsed ? [] : (boxOf(graph, id) ?? [])));
  return [
    ...[...placesShown(shownGraph(graph, direction)).values()].map((place) => ({ ...place, width, height })),
    ...notesShown(graph).map(({ position, size }) => ({ ...position, ...size })),
    ...frames.map(frameAround),
  ];
}

/** The graph with folded groups instead of their members. */
export function shownGraph(graph: Graph, direction: FlowDirection): ShownGraph {
  const { nodes, edges, groups = [] } = graph;
  const folded = groups.flatMap((group): FoldedGroup[] => {
    const box = group.collapsed ? boxOf(graph, group.id) : null;
    if (box === null) return [];
    return [{ group, members: membersOf(graph, group.id).nodes, position: cardPosition(box, direction) }];
  });
  if (folded.length === 0) return { nodes, folded, edges };
  const cards = new Map(folded.flatMap(({ group, members }) => members.map(({ id }) => [id, group.id])));
  return {
    nodes: nodes.filter(({ id }) => !cards.has(id)),
    folded,
    edges: edges.flatMap((edge) => {
      const source = cards.get(edge.source) ?? edge.source;
      const target = cards.get(edge.target) ?? edge.target;
      if (source === target) return [];
      const leaving = source === edge.source ? edge : withSource(edge, { source });
      return [target === edge.target ? leaving : withTarget(leaving, { target })];
    }),
  };
}

/** Positions of layers and notes for given positions of cards: members of a folded group move with its card. */
export function placesWithMembers(
  graph: Graph,
  { folded }: ShownGraph,
  cards: ReadonlyMap<string, Position>,
  direction: FlowDirection,
): Map<string, Position> {
  const places = new Map(cards);
  for (const { group } of folded) {
    const to = places.get(group.id);
    const box = boxOf(graph, group.id);
    if (to === undefined || box === null) continue;
    const from = cardPosition(box, direction);
    places.delete(group.id);
    const { nodes, notes } = membersOf(graph, group.id);
    for (const { id, position } of [...nodes, ...notes]) {
      places.set(id, { x: position.x + to.x - from.x, y: position.y + to.y - from.y });
    }
  }
  return places;
}

/** A folded group as a node, for code that uses only positions and edges. */
export function asNode({ group, members, position }: FoldedGroup): ModelNode {
  const placed = members.some((node) => node.placed) ? ({ placed: true } as const) : {};
  return { id: group.id, kind: 'Group', name: group.name, params: {}, position, frozen: false, ...placed };
}

/** The group with exactly these members; null if there is none. */
export function groupOfAll(graph: GroupedGraph, chosen: ReadonlySet<string>): ModelGroup | null {
  const first = [...graph.nodes, ...(graph.notes ?? [])].find(({ id }) => chosen.has(id));
  const group = graph.groups?.find(({ id }) => id === first?.group);
  if (group === undefined) return null;
  const { nodes, notes } = membersOf(graph, group.id);
  const all = [...nodes, ...notes];
  return all.length === chosen.size && all.every(({ id }) => chosen.has(id)) ? group : null;
}
