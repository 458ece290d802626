import { advice } from './advised-model.ts';
import type { Advice } from './advised-model.ts';
import { retune } from './retune.ts';

/** So many on one path, and halving the variance in each of them shows. */
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
 * ReLU and its kin halve the variance that Glorot's initialization keeps; He's makes up for it.
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
  const message = `${depth} layers with ReLU or its kin follow each other from Glorot initialization, which lets values fade from layer to layer. Use He initialization.`;
  return [advice('rectifier-initializer', layers[0]!, message, [retune(model, layers, { initializer: 'heNormal' })])];
};
