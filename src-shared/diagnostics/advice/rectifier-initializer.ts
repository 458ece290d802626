import { advice } from './advised-model.ts';
import type { Advice } from './advised-model.ts';
import { retune } from './retune.ts';

/** Number of layers on one path from which the loss of variance matters. */
const DEEP = 5;

const RECTIFIERS: ReadonlySet<string | null> = new Set([
  'relu',
  'relu6',
  'leakyRelu',
  'elu',
  'gelu',
  'geluApproximate',
  'silu',
  'mish',
  'hardSilu',
]);

/**
 * ReLU and similar activations halve the variance with Glorot initialization; He initialization
 * compensates for it.
 * Source: He et al., arXiv:1502.01852 (2015), section 2.2.
 */
export const rectifierInitializer: Advice = (model) => {
  if (model.isNormalized || model.isMerged) return [];
  const layers = model.layers.filter(
    (node) =>
      !node.frozen &&
      model.hasKernel(node) &&
      model.isHidden(node) &&
      RECTIFIERS.has(model.activationOf(node)) &&
      model.initializers(node).some((name) => String(model.params(node)[name]).startsWith('glorot')),
  );
  const depth = model.longestPath(layers);
  if (depth < DEEP) return [];
  const message = `${depth} consecutive layers with ReLU or a similar activation have Glorot initialization, with which the variance of values shrinks from layer to layer. Use He initialization.`;
  return [advice('rectifier-initializer', layers[0]!, message, [retune(model, layers, { initializer: 'heNormal' })])];
};
