import { membersOf } from '../document/annotations.ts';
import { move, type Position } from '../document/edits.ts';
import { flowDirection, type FlowDirection } from '../document/flow-direction.ts';
import { asNode, boxOf, cardPosition, shownGraph } from '../document/groups.ts';
import type { ModelDocument } from '../document/model-document.ts';
import type { Change } from '../document/operations.ts';
import { layout } from './layout.ts';

type Graph = Pick<ModelDocument, 'nodes' | 'edges' | 'notes' | 'groups'>;

/** Brings all layers into order. Null where nothing moves. */
export function arrange(document: ModelDocument, direction: FlowDirection): Change | null {
  return labelled(move(document, layoutFolded(document, direction, flowDirection(document))), 'Arrange layers');
}

/** Automatic layout, a folded group as one card: its members and notes keep their places to one another. */
export function layoutFolded(graph: Graph, direction: FlowDirection, now: FlowDirection): Map<string, Position> {
  const { nodes, folded, edges } = shownGraph(graph, now);
  if (folded.length === 0) return layout(graph, direction);
  const places = layout({ nodes: [...nodes, ...folded.map(asNode)], edges: [...edges] }, direction);
  for (const { group } of folded) {
    const box = boxOf(graph, group.id)!;
    const [from, to] = [cardPosition(box, direction), places.get(group.id)!];
    places.delete(group.id);
    const { nodes: members, notes } = membersOf(graph, group.id);
    for (const { id, position } of [...members, ...notes]) {
      places.set(id, { x: position.x + to.x - from.x, y: position.y + to.y - from.y });
    }
  }
  return places;
}

function labelled(change: Change | null, label: string): Change | null {
  return change === null ? null : { ...change, label };
}
