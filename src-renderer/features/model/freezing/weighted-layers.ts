import { readGraph } from '../../../../src-shared/compiler/graph/graph.ts';
import type { ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import type { Stores } from '../../../state/stores.ts';

/** Layers and blocks with weights of the graph on the canvas, in topological order; of shared layers the owner. */
export function weightedLayers({ model, analysis }: Pick<Stores, 'model' | 'analysis'>): readonly ModelNode[] {
  return readGraph(model.document).order.filter(
    (node) =>
      node.weightsOf === undefined &&
      ((analysis.nodeOf(node.id)?.parameters ?? 0) > 0 || analysis.frozenPart(node) !== 'none'),
  );
}
