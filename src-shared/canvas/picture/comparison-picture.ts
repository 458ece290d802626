import { analyze } from '../../diagnostics/analyze.ts';
import type { ComparedNode, ComparedStatus, ModelComparison } from '../../document/schema/compare.ts';
import { CARD, released } from '../../document/edits/edits.ts';
import { flowDirection, type FlowDirection } from '../../document/geometry/flow-direction.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { layoutFolded } from '../layout/arrange.ts';
import type { PictureColours } from './colours.ts';
import { modelPicture } from './model-picture.ts';

/**
 * Two models in one picture: the second one, with added and changed layers marked. If layers were
 * removed, the union of both models is laid out, so that these appear at their former position in the flow.
 */
export function comparisonPicture(after: ModelDocument, comparison: ModelComparison, colours: PictureColours): string {
  const status = new Map<string, ComparedStatus>();
  const nodes: ModelNode[] = [...after.nodes];
  for (const { status: now, before, after: present } of comparison.nodes) {
    if (present !== undefined) status.set(present.id, now);
    else if (before !== undefined) {
      const gone = { ...before, id: removedId(before), position: freePosition(before.position, nodes) };
      nodes.push(gone);
      status.set(gone.id, 'removed');
    }
  }
  const byName = new Map(nodes.map((node) => [node.name, node.id]).reverse() as [string, string][]);
  const edges = comparison.edges.flatMap(({ status: now, source, target, targetPort }, index): ModelEdge[] => {
    const [from, to] = [byName.get(source), byName.get(target)];
    if (from === undefined || to === undefined) return [];
    const id = edgeIdInPicture(index);
    status.set(id, now);
    return [{ id, source: from, target: to, ...(targetPort === undefined ? {} : { targetPort }) }];
  });
  const isShorter = comparison.nodes.some(({ status: now }) => now === 'removed');
  const union = { ...after, nodes, edges };
  const graph = isShorter ? laidOut(union, flowDirection(after)) : union;
  return modelPicture(graph, analyze(after, null), { colours, status });
}

/** Automatic layout of all cards, without notes: these belong to positions. */
function laidOut({ notes: _notes, ...graph }: ModelDocument, direction: FlowDirection): ModelDocument {
  const free = graph.nodes.map(released);
  const places = layoutFolded({ ...graph, nodes: free }, direction, direction);
  return { ...graph, nodes: free.map((node) => ({ ...node, position: places.get(node.id) ?? node.position })) };
}

/** Ids of a layer in the picture: of its card, then of the folded group that may show it. */
export function idsInPicture({ before, after }: ComparedNode): string[] {
  const group = (after ?? before)?.group;
  const own = after?.id ?? (before === undefined ? [] : removedId(before));
  return [own, group ?? []].flat();
}

/** Id in the picture of the connection with this index in the comparison. */
export function edgeIdInPicture(index: number): string {
  return `edge ${index}`;
}

function removedId({ id }: ModelNode): string {
  return `removed ${id}`;
}

/** The position itself, or the next one to its right without a card. */
function freePosition({ x, y }: ModelNode['position'], nodes: readonly ModelNode[]): ModelNode['position'] {
  const isTaken = (at: number): boolean =>
    nodes.some(({ position }) => Math.abs(position.x - at) < CARD.width && Math.abs(position.y - y) < CARD.height);
  let free = x;
  while (isTaken(free)) free += CARD.width + CARD.gapX;
  return { x: free, y };
}
