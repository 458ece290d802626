import { traitsOf } from '../../layers/catalog/catalog.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { title } from '../../compiler/graph/graph.ts';
import { advice } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/** Dropout of predictions makes training wrong at random; before the last layer it does its work. */
export const dropoutAtEnd: Advice = (model) =>
  model.layers.flatMap((node) => {
    if (traitsOf(node).drops !== true || !readsPredictions(model, node)) return [];
    const message = `${title(node)} comes after the last layer that learns, so it blots out predictions themselves. Put it before that layer, or remove it.`;
    const fix = { label: `Remove '${node.name}'`, action: 'take-out', params: { nodeId: node.id } } as const;
    return [advice('dropout-at-end', node, message, [fix])];
  });

/** True after the last layer with a kernel, or an activation of what that makes. */
function readsPredictions(model: AdvisedModel, node: ModelNode): boolean {
  const [source] = model.before(node);
  if (source === undefined || model.isHidden(node)) return false;
  return model.hasKernel(source) || (model.family(source) === 'activation' && readsPredictions(model, source));
}
