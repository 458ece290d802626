import { axisOf } from './axis.ts';
import { connect, type CreateId } from '../edits/edits.ts';
import { flowDirection } from './flow-direction.ts';
import type { ModelDocument } from '../schema/model-document.ts';
import type { EdgeEnds } from '../schema/ports.ts';
import type { Change } from '../history/operations.ts';

/**
 * Connects nodes in the order of their positions along the direction; null if all are connected.
 * @param allowed The ends with the target's port; null if the target has no free input.
 */
export function connectChain(
  document: ModelDocument,
  nodeIds: readonly string[],
  createId: CreateId,
  allowed: (ends: EdgeEnds) => EdgeEnds | null,
): Change | null {
  const { along, across } = axisOf(flowDirection(document));
  const chosen = document.nodes
    .filter(({ id }) => nodeIds.includes(id))
    .toSorted((a, b) => a.position[along] - b.position[along] || a.position[across] - b.position[across]);
  const changes = chosen
    .slice(1)
    .map(({ id }, index) => ({ source: chosen[index]!.id, target: id }))
    .filter((ends) => !document.edges.some(({ source, target }) => source === ends.source && target === ends.target))
    .flatMap((ends) => allowed(ends) ?? [])
    .flatMap((ends) => connect(document, ends, createId) ?? []);
  const [first, ...more] = changes;
  if (first === undefined) return null;
  const operations = changes
    .flatMap((change) => change.operations)
    .map((operation, added) =>
      operation.kind === 'insertEdge' ? { ...operation, index: document.edges.length + added } : operation,
    );
  return { label: more.length === 0 ? first.label : `Connect ${chosen.length} layers`, operations };
}
