import { membersOf } from '../../../../src-shared/document/schema/annotations.ts';
import type { Position } from '../../../../src-shared/document/edits/edits.ts';
import { boxOf, cardPosition, notesShown, shownGraph } from '../../../../src-shared/document/geometry/groups.ts';
import { flowDirection } from '../../../../src-shared/document/geometry/flow-direction.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import type { GraphProblem } from '../../../../src-shared/document/schema/problem.ts';
import { drawnPorts } from '../../../../src-shared/layers/catalog/connecting.ts';
import { frameNodes, movedFrame, noteNode, type FrameNode, type NoteNode } from './annotation-nodes.ts';
import { flowEdges, routingOf, type FlowEdge, type Routing } from './flow-edges.ts';
import { cardNodes, type CardNode, type GraphContext } from './flow-nodes.ts';

/** Everything on the canvas: cards of layers and collapsed groups, notes, frames of expanded groups. */
export type CanvasNode = CardNode | NoteNode | FrameNode;

export interface CanvasGraph {
  readonly nodes: CanvasNode[];
  readonly edges: FlowEdge[];
  /** Ways of connections around cards, with what they were found from. */
  readonly routing: Routing | null;
}

export interface Chosen {
  /** Layers and notes. */
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
}

export interface Selection {
  readonly selectedNodes: readonly string[];
  readonly selectedNotes: readonly string[];
  readonly selectedEdges: readonly string[];
}

export const chosenIn = ({ selectedNodes, selectedNotes, selectedEdges }: Selection): Chosen => ({
  nodes: new Set([...selectedNodes, ...selectedNotes]),
  edges: new Set(selectedEdges),
});

/** The document as xyflow's nodes and edges; what looks the same keeps its identity, both lists too. */
export function canvasGraph(
  document: ModelDocument,
  context: GraphContext,
  problems: ReadonlyMap<string | null, readonly GraphProblem[]>,
  chosen: Chosen,
  previous: CanvasGraph,
): CanvasGraph {
  const direction = flowDirection(document);
  const shown = shownGraph(document, direction);
  const before = new Map(previous.nodes.map((node) => [node.id, node]));
  const cards = before as ReadonlyMap<string, CardNode>;
  const ports = drawnPorts(document);
  const nodes: CanvasNode[] = [
    ...frameNodes(document, chosen.nodes, before),
    ...cardNodes(document, shown, ports, direction, context, problems, chosen.nodes, cards),
    ...notesShown(document).map((note) => noteNode(note, chosen.nodes.has(note.id), before.get(note.id) as NoteNode)),
  ];
  const same = nodes.length === previous.nodes.length && nodes.every((node, i) => node === previous.nodes[i]);
  const routing = routingOf(shown, ports, direction, previous.routing);
  const edges = flowEdges(document, shown, ports, routing, chosen.edges, previous.edges);
  return { nodes: same ? previous.nodes : nodes, edges, routing };
}

/** What cards at their places on the canvas say of the places of layers and notes. */
export function placesOf(nodes: readonly CanvasNode[], document: ModelDocument): Map<string, Position> {
  const places = new Map<string, Position>();
  for (const node of nodes) {
    if (node.type === 'frame') continue;
    if (node.type === 'note' || node.data.groupSize === 0) places.set(node.id, node.position);
    else moveMembers(node, document, places);
  }
  return places;
}

/** Members of a folded group go where its card goes. */
function moveMembers({ id, position, data }: CardNode, document: ModelDocument, places: Map<string, Position>): void {
  const box = boxOf(document, id);
  if (box === null) return;
  const from = cardPosition(box, data.sideways ? 'right' : 'down');
  const [dx, dy] = [position.x - from.x, position.y - from.y];
  const { nodes, notes } = membersOf(document, id);
  for (const member of [...nodes, ...notes]) {
    places.set(member.id, { x: member.position.x + dx, y: member.position.y + dy });
  }
}

/** Frames follow members that are being dragged; the same list where none does. */
export function framesFollowing(
  nodes: CanvasNode[],
  moved: readonly CanvasNode[],
  document: ModelDocument,
): CanvasNode[] {
  if (document.groups === undefined) return nodes;
  const places = placesOf(moved, document);
  let changed = false;
  const next = nodes.map((node) => {
    if (node.type !== 'frame' || node.dragging === true) return node;
    const frame = movedFrame(node, document, (id) => places.get(id));
    changed ||= frame !== node;
    return frame;
  });
  return changed ? next : nodes;
}

/**
 * Layers and notes of selected cards. A collapsed group represents all its members, or for
 * those that are chosen already where some are.
 */
export function membersChosen(
  cards: readonly CanvasNode[],
  document: ModelDocument,
  already: ReadonlySet<string>,
): { nodes: string[]; notes: string[] } {
  const nodes: string[] = [];
  const notes: string[] = [];
  for (const { id, type, data } of cards) {
    if (type === 'note') notes.push(id);
    else if (type === 'layer' && data['groupSize'] === 0) nodes.push(id);
    else {
      const members = membersOf(document, id);
      const some = [...members.nodes, ...members.notes].some((member) => already.has(member.id));
      const wanted = (member: { readonly id: string }) => !some || already.has(member.id);
      nodes.push(...members.nodes.filter(wanted).map((node) => node.id));
      notes.push(...members.notes.filter(wanted).map((note) => note.id));
    }
  }
  return { nodes, notes };
}
