import { traitsOf } from '../../layers/catalog/catalog.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { title } from '../../compiler/graph/graph.ts';
import { advice } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/** Dropout after the last layer that learns sets predictions to 0. */
export const dropoutAtEnd: Advice = (model) =>
  model.layers.flatMap((node) => {
    if (traitsOf(node).drops !== true || !readsPredictions(model, node)) return [];
    const message = `${title(node)} comes after the last layer that learns, so it sets predictions to 0. Move it before that layer, or remove it.`;
    const fix = { label: `Remove '${node.name}'`, action: 'take-out', params: { nodeId: node.id } } as const;
    return [advice('dropout-at-end', node, message, [fix])];
  });

/** Whether it reads the output of the last layer with a kernel, or the activation of that. */
function readsPredictions(model: AdvisedModel, node: ModelNode): boolean {
  const [source] = model.before(node);
  if (source === undefined || model.isHidden(node)) return false;
  return model.hasKernel(source) || (model.family(source) === 'activation' && readsPredictions(model, source));
}
