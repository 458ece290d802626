import { advice, namesOf } from './advised-model.ts';
import type { Advice } from './advised-model.ts';
import { retune } from './retune.ts';

/** Number of layers on one path from which gradients of the first ones become small. */
const DEEP = { sigmoid: 2, either: 3 };

const SATURATING: ReadonlySet<string | null> = new Set(['sigmoid', 'tanh']);

/**
 * Sigmoid and tanh saturate on both sides, so gradients vanish through several of them.
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks", AISTATS 2010.
 */
export const saturatingActivation: Advice = (model) => {
  if (model.isNormalized) return [];
  const layers = model.layers.filter(
    (node) =>
      model.hasKernel(node) && model.isHidden(node) && SATURATING.has(model.activationOf(node)) && !model.isGate(node),
  );
  const sigmoid = layers.filter((node) => model.activationOf(node) === 'sigmoid');
  if (model.longestPath(sigmoid) < DEEP.sigmoid && model.longestPath(layers) < DEEP.either) return [];
  const names = [...new Set(layers.map((node) => model.activationOf(node)))].join(' and ');
  const message = `Gradients vanish through ${layers.length} hidden layers with ${names} (${namesOf(layers)}), so the first ones hardly learn. Use ReLU with He initialization.`;
  const fix = retune(model, layers, { activation: 'relu', initializer: 'heNormal' });
  return [advice('saturating-activation', layers[0]!, message, [fix], 'activation')];
};
