import { title } from '../graph.ts';
import { advice } from './advised-model.ts';
import type { Advice } from './advised-model.ts';

/**
 * BatchNormalization takes the mean away and adds an offset of its own.
 * Source: Ioffe and Szegedy, arXiv:1502.03167 (2015), section 3.2.
 */
export const biasBeforeNormalization: Advice = (model) =>
  model.layers.flatMap((node) => {
    if (node.frozen || !model.hasKernel(node) || !model.isLinear(node)) return [];
    const { useBias, activityRegularizer } = model.params(node);
    const [next, ...others] = model.after(node);
    if (useBias !== true || activityRegularizer !== null || next?.kind !== 'BatchNormalization' || others.length > 0)
      return [];
    const { center, axis } = model.params(next);
    const lastAxis = model.inputShape(next)!.length - 1;
    if (center !== true || (axis !== -1 && axis !== lastAxis)) return [];
    const message = `The bias of ${title(node)} does nothing: ${title(next)} takes the mean away and adds an offset of its own. Set useBias to false.`;
    const params = { nodeId: node.id, name: 'useBias', value: false };
    return [
      advice(
        'bias-before-normalization',
        node,
        message,
        [{ label: `Leave out the bias of '${node.name}'`, action: 'set-param', params }],
        'useBias',
      ),
    ];
  });
