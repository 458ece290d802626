import type { ModelAnalysis } from '../compiler/graph/compiled.ts';
import { setFrozen, setParameter } from '../document/edits/edits.ts';
import { applyChange } from '../document/history/operations.ts';
import type { Change } from '../document/history/operations.ts';
import type { ModelDocument } from '../document/schema/model-document.ts';

/** Ids of frozen layers with weights, in topological order. @param analyzed Of the document. */
export function frozenLayers({ nodes }: ModelDocument, analyzed: ModelAnalysis['nodes']): string[] {
  const frozen = new Set(nodes.filter((node) => node.frozen).map(({ id }) => id));
  return [...analyzed.values()]
    .filter(({ nodeId, parameters }) => frozen.has(nodeId) && parameters > 0)
    .map(({ nodeId }) => nodeId);
}

/**
 * A model of which the last frozen layers train.
 *
 * @param frozen Ids of its frozen layers, in topological order.
 * @param count How many of them train; at most all.
 * @param multiplier Their factor of the learning rate.
 */
export function withLastTrained(
  model: ModelDocument,
  frozen: readonly string[],
  count: number,
  multiplier: number,
): ModelDocument {
  if (count === 0) return model;
  const last = frozen.slice(-count);
  const perform = (document: ModelDocument, change: Change | null): ModelDocument =>
    change === null ? document : applyChange(document, change);
  const unfrozen = perform(model, setFrozen(model, last, false));
  return perform(unfrozen, setParameter(unfrozen, last, 'learningRateMultiplier', multiplier));
}
