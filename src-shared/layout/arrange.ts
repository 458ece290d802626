import { CARD, move, type Position } from '../document/edits.ts';
import { flowDirection, type FlowDirection } from '../document/flow-direction.ts';
import { asNode, placesWithMembers, shownGraph, type ShownGraph } from '../document/groups.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../document/model-document.ts';
import type { Change } from '../document/operations.ts';
import { layout } from './layout.ts';

type Graph = Pick<ModelDocument, 'nodes' | 'edges' | 'notes' | 'groups'>;

/** Brings all layers into order. Null where nothing moves. */
export function arrange(document: ModelDocument, direction: FlowDirection): Change | null {
  return labelled(move(document, layoutFolded(document, direction, flowDirection(document))), 'Arrange layers');
}

/**
 * Brings some layers into order around the middle of where they lie, or as near to it as they lie
 * over no others. Those that lead to one another through others stay one behind the other. Null
 * where nothing moves.
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
  const places = layout({ nodes: chosen, edges: edgesAmong(shown.edges, wanted) }, direction);
  const [from, to] = [middleOf(chosen.map(({ position }) => position)), middleOf([...places.values()])];
  const around = movedBy(places, { x: Math.round(from.x - to.x), y: Math.round(from.y - to.y) });
  const free = movedBy(around, wayOff([...around.values()], others));
  return labelled(
    move(document, placesWithMembers(document, shown, free, direction)),
    `Arrange ${nodeIds.length} layers`,
  );
}

/** How many cards, layers or folded groups, stand for these layers. */
export function countCards(document: ModelDocument, nodeIds: readonly string[]): number {
  return nodeIds.length < 2 ? nodeIds.length : cardsChosen(shownGraph(document, 'down'), nodeIds).length;
}

/** Automatic layout, a folded group as one card: its members and notes keep their places to one another. */
export function layoutFolded(graph: Graph, direction: FlowDirection, now: FlowDirection): Map<string, Position> {
  const shown = shownGraph(graph, now);
  const places = layout({ nodes: cardsOf(shown), edges: [...shown.edges] }, direction);
  return placesWithMembers(graph, shown, places, direction);
}

function cardsOf({ nodes, folded }: ShownGraph): ModelNode[] {
  return [...nodes, ...folded.map(asNode)];
}

/** Ids of the cards that stand for these layers. */
function cardsChosen({ nodes, folded }: ShownGraph, nodeIds: readonly string[]): string[] {
  const wanted = new Set(nodeIds);
  return [
    ...nodes.filter(({ id }) => wanted.has(id)).map(({ id }) => id),
    ...folded.filter(({ members }) => members.some(({ id }) => wanted.has(id))).map(({ group }) => group.id),
  ];
}

/** Connections from one chosen card to the next, those through others too. */
function edgesAmong(edges: readonly ModelEdge[], chosen: ReadonlySet<string>): ModelEdge[] {
  const leaving = Map.groupBy(edges, ({ source }) => source);
  return [...chosen].flatMap((source) => {
    const found = new Set<string>();
    const pending = [source];
    for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
      for (const { target } of leaving.get(current) ?? []) {
        if (found.has(target)) continue;
        found.add(target);
        if (!chosen.has(target)) pending.push(target);
      }
    }
    return [...found]
      .filter((target) => chosen.has(target) && target !== source)
      .map((target): ModelEdge => ({ id: `${source} ${target}`, source, target }));
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

/** The shortest way up, down, left or right on which cards come to lie over no others. */
function wayOff(corners: readonly Position[], others: readonly Position[]): Position {
  const spaceX = CARD.width + CARD.gapX / 2;
  const spaceY = CARD.height + CARD.gapY / 2;
  const ways = [
    { x: 0, y: 1 },
    { x: 1, y: 0 },
    { x: 0, y: -1 },
    { x: -1, y: 0 },
  ].map((toward) => {
    /** How far a card must go to be past another; 0 where it is not over it. */
    const left = (card: Position, other: Position, way: number): number => {
      const dx = other.x - card.x - toward.x * way;
      const dy = other.y - card.y - toward.y * way;
      if (Math.abs(dx) >= spaceX || Math.abs(dy) >= spaceY) return 0;
      return toward.x === 0 ? spaceY + toward.y * dy : spaceX + toward.x * dx;
    };
    let way = 0;
    for (let more = Infinity; more > 0; way += more) {
      more = corners.reduce(
        (most, card) => others.reduce((far, other) => Math.max(far, left(card, other, way)), most),
        0,
      );
    }
    return { x: toward.x * way, y: toward.y * way };
  });
  const length = ({ x, y }: Position) => Math.abs(x) + Math.abs(y);
  return ways.reduce((shortest, way) => (length(way) < length(shortest) ? way : shortest));
}

function labelled(change: Change | null, label: string): Change | null {
  return change === null ? null : { ...change, label };
}
