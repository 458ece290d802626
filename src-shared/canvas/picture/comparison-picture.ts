import { analyze } from '../../diagnostics/analyze.ts';
import type { ComparedNode, ComparedStatus, ModelComparison } from '../../document/schema/compare.ts';
import { CARD, released } from '../../document/edits/edits.ts';
import { flowDirection, type FlowDirection } from '../../document/geometry/flow-direction.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { layoutFolded } from '../layout/arrange.ts';
import type { PictureColours } from './colours.ts';
import { modelPicture } from './model-picture.ts';

/**
 * Two models in one picture: the second as it stands, with what was added and changed marked. Where
 * layers are gone, both are laid out together, so that these stand where they were in the flow.
 */
export function comparisonPicture(after: ModelDocument, comparison: ModelComparison, colours: PictureColours): string {
  const status = new Map<string, ComparedStatus>();
  const nodes: ModelNode[] = [...after.nodes];
  for (const { status: now, before, after: present } of comparison.nodes) {
    if (present !== undefined) status.set(present.id, now);
    else if (before !== undefined) {
      const gone = { ...before, id: removedId(before), position: freePlace(before.position, nodes) };
      nodes.push(gone);
      status.set(gone.id, 'removed');
    }
  }
  const byName = new Map(nodes.map((node) => [node.name, node.id]).reverse() as [string, string][]);
  const edges = comparison.edges.flatMap(({ status: now, source, target }, index): ModelEdge[] => {
    const [from, to] = [byName.get(source), byName.get(target)];
    if (from === undefined || to === undefined) return [];
    const id = edgeIdInPicture(index);
    status.set(id, now);
    return [{ id, source: from, target: to }];
  });
  const isShorter = comparison.nodes.some(({ status: now }) => now === 'removed');
  const union = { ...after, nodes, edges };
  const graph = isShorter ? laidOut(union, flowDirection(after)) : union;
  return modelPicture(graph, analyze(after, null), { colours, status });
}

/** All cards in ranks; notes, which are about places, are left out. */
function laidOut({ notes: _notes, ...graph }: ModelDocument, direction: FlowDirection): ModelDocument {
  const free = graph.nodes.map(released);
  const places = layoutFolded({ ...graph, nodes: free }, direction, direction);
  return { ...graph, nodes: free.map((node) => ({ ...node, position: places.get(node.id) ?? node.position })) };
}

/** The ids of a layer in the picture: its card, then the card of the folded group that may stand for it. */
export function idsInPicture({ before, after }: ComparedNode): string[] {
  const group = (after ?? before)?.group;
  const own = after?.id ?? (before === undefined ? [] : removedId(before));
  return [own, group ?? []].flat();
}

/** The id in the picture of the connection at this place of the comparison. */
export function edgeIdInPicture(index: number): string {
  return `edge ${index}`;
}

function removedId({ id }: ModelNode): string {
  return `removed ${id}`;
}

/** The place itself, or the next to its right where no card is. */
function freePlace({ x, y }: ModelNode['position'], nodes: readonly ModelNode[]): ModelNode['position'] {
  const isTaken = (at: number): boolean =>
    nodes.some(({ position }) => Math.abs(position.x - at) < CARD.width && Math.abs(position.y - y) < CARD.height);
  let free = x;
  while (isTaken(free)) free += CARD.width + CARD.gapX;
  return { x: free, y };
}
