import { CARD } from '../edits/edits.ts';
import type { ModelDocument } from '../schema/model-document.ts';

/** Direction of the connections of a graph. */
export type FlowDirection = 'down' | 'right';

/** Direction of most connections by the positions of the cards. */
export function flowDirection({ nodes, edges }: Pick<ModelDocument, 'nodes' | 'edges'>): FlowDirection {
  const places = new Map(nodes.map(({ id, position }) => [id, position]));
  let balance = 0;
  for (const { source, target } of edges) {
    const [from, to] = [places.get(source), places.get(target)];
    if (from === undefined || to === undefined) continue;
    const isBeside = to.x - from.x >= CARD.width;
    const isBelow = to.y - from.y >= CARD.height;
    if (isBeside !== isBelow) balance += isBeside ? 1 : -1;
  }
  return balance > 0 ? 'right' : 'down';
}
