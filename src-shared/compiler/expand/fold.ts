import type { NodeAnalysis } from '../graph/compiled.ts';
import type { BlockCopy, ExpandedModel } from './expanded.ts';

/** Analysis of the expanded model, summed up for the document's nodes. */
export interface FoldedAnalysis {
  /** By id of the document's own nodes, in topological order. */
  readonly nodes: ReadonlyMap<string, NodeAnalysis>;
  /** Of all nodes inside Block nodes, nested Block nodes included, by id of the expanded model. */
  readonly inside: ReadonlyMap<string, NodeAnalysis>;
}

/** A Block node has the sum of its layers' parameters, and the output shape of its last copy. */
export function foldAnalysis(
  { origins, outputs }: ExpandedModel,
  expanded: ReadonlyMap<string, NodeAnalysis>,
): FoldedAnalysis {
  if (origins.size === 0) return { nodes: expanded, inside: new Map() };
  const nodes = new Map<string, NodeAnalysis>();
  const inside = new Map<string, NodeAnalysis>();
  for (const node of expanded.values()) {
    const origin = origins.get(node.nodeId);
    if (origin === undefined) {
      nodes.set(node.nodeId, node);
      continue;
    }
    for (let copy: BlockCopy | null = origin.copy; copy !== null; copy = copy.outer) {
      const found = copy.outer === null ? nodes : inside;
      const sum = found.get(copy.id);
      found.set(copy.id, {
        nodeId: copy.id,
        outputShape: expanded.get(outputs.get(copy.id) ?? '')?.outputShape ?? null,
        parameters: (sum?.parameters ?? 0) + node.parameters,
        trainableParameters: (sum?.trainableParameters ?? 0) + node.trainableParameters,
        isRandomFrozen: sum?.isRandomFrozen === true || node.isRandomFrozen,
      });
    }
    inside.set(node.nodeId, node);
  }
  return { nodes, inside };
}
