import { axisOf } from '../../document/geometry/axis.ts';
import type { Position } from '../../document/edits/edits.ts';
import type { FlowDirection } from '../../document/geometry/flow-direction.ts';
import { columnsOf } from './columns.ts';
import { layersOf, type LayoutGraph } from './layers.ts';
import { orderLayers } from './order.ts';

/** Free space between a card and a connection that passes it, and between two such connections, in pixels. */
const BESIDE_CARD = 20;
const BESIDE_CONNECTION = 14;

/**
 * Places nodes in ranks along the direction. Connections that cross ranks get space beside the
 * cards; the longest path through the model is straight. Sources of named inputs are in the order of
 * the inputs where this causes no crossings. Cycles are cut at their first node in the
 * document. Keeps the top left corner of the graph.
 * Source: K. Sugiyama and others, IEEE Transactions on Systems, Man, and Cybernetics 11 (1981).
 */
export function layout(graph: LayoutGraph, direction: FlowDirection): Map<string, Position> {
  const { nodes } = graph;
  const layers = layersOf(graph);
  orderLayers(layers);
  const { size, gap, breadth, gapAcross } = axisOf(direction);
  const columns = columnsOf(layers, {
    half: breadth / 2,
    cardToCard: breadth + gapAcross,
    cardToPassing: breadth / 2 + BESIDE_CARD,
    passingToPassing: BESIDE_CONNECTION,
  });
  const [left, top] = [least(nodes.map(({ position }) => position.x)), least(nodes.map(({ position }) => position.y))];
  const first = least(nodes.map((_, item) => columns[item]!));
  return new Map(
    nodes.map(({ id }, item): [string, Position] => {
      const [far, aside] = [layers.rankOf[item]! * (size + gap), Math.round(columns[item]! - first)];
      return [id, direction === 'down' ? { x: left + aside, y: top + far } : { x: left + far, y: top + aside }];
    }),
  );
}

function least(values: readonly number[]): number {
  return values.reduce((smallest, value) => Math.min(smallest, value), Infinity);
}
