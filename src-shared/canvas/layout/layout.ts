import { axisOf } from '../../document/geometry/axis.ts';
import type { Position } from '../../document/edits/edits.ts';
import type { FlowDirection } from '../../document/geometry/flow-direction.ts';
import type { ModelDocument } from '../../document/schema/model-document.ts';
import { columnsOf } from './columns.ts';
import { layersOf } from './layers.ts';
import { orderLayers } from './order.ts';

/** Free space beside a connection that passes a card, and between two that pass it side by side. */
const BESIDE_CARD = 20;
const BESIDE_CONNECTION = 14;

/**
 * Places nodes in ranks, one after the other in the direction. Connections that pass ranks are
 * given room there beside the cards; the main way through the model lies in one line. Cycles are
 * cut at the first node of the document in them. The top left corner of what was there stays
 * where it was.
 * Source: K. Sugiyama and others, IEEE Transactions on Systems, Man, and Cybernetics 11 (1981).
 */
export function layout(graph: Pick<ModelDocument, 'nodes' | 'edges'>, direction: FlowDirection): Map<string, Position> {
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
