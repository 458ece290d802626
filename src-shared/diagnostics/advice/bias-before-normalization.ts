import { traitsOf } from '../../layers/catalog/catalog.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { advice, byGraph, namesOf } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/**
 * BatchNormalization subtracts the mean and adds its own offset.
 * Source: Ioffe and Szegedy, arXiv:1502.03167 (2015), section 3.2.
 */
export const biasBeforeNormalization: Advice = (model) =>
  byGraph(model.layers.filter((node) => hasIdleBias(model, node))).map((nodes) => {
    const [first] = nodes as [ModelNode];
    const biases = nodes.length === 1 ? 'The bias' : 'The biases';
    const message = `${biases} of ${namesOf(nodes)} ${nodes.length === 1 ? 'has' : 'have'} no effect: BatchNormalization subtracts the mean and adds its own offset. Turn off Bias (use_bias in Keras).`;
    const changes = nodes.map(({ id }) => ({ nodeId: id, name: 'useBias', value: false }));
    const label = nodes.length === 1 ? `Turn off the bias of '${first.name}'` : `Turn off ${nodes.length} biases`;
    const fix = { label, action: 'set-params', params: { changes } } as const;
    return advice('bias-before-normalization', first, message, [fix], 'useBias');
  });

function hasIdleBias(model: AdvisedModel, node: ModelNode): boolean {
  if (node.frozen || !model.hasKernel(node) || !model.isLinear(node)) return false;
  const { useBias, activityRegularizer } = model.params(node);
  const [next, ...others] = model.after(node);
  if (useBias !== true || activityRegularizer !== null || next === undefined || others.length > 0) return false;
  if (!model.isBuilt(next)) return false;
  return traitsOf(next).cancelsBias?.(model.params(next), [model.inputShape(next)!]) === true;
}
