import { readGraph } from '../../../../src-shared/compiler/graph/graph.ts';
import { membersOf } from '../../../../src-shared/document/schema/annotations.ts';
import type { ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import type { Stores } from '../../../state/stores.ts';

type Needed = Pick<Stores, 'model' | 'analysis'>;

/** A frozen layer has weights too, if their number is not known. */
const hasWeights = ({ analysis }: Needed, node: ModelNode): boolean =>
  (analysis.nodeOf(node.id)?.parameters ?? 0) > 0 || analysis.frozenPart(node) !== 'none';

/** Layers and blocks with weights of the graph on the canvas, in topological order; of shared layers the owner. */
export function weightedLayers(stores: Needed): readonly ModelNode[] {
  return readGraph(stores.model.document).order.filter(
    (node) => node.weightsOf === undefined && hasWeights(stores, node),
  );
}

/** Layers and blocks with weights in a group on the canvas. */
export function weightedMembers(stores: Needed, groupId: string): readonly ModelNode[] {
  return membersOf(stores.model.document, groupId).nodes.filter((node) => hasWeights(stores, node));
}
