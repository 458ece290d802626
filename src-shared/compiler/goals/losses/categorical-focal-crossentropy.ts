import type { LossRule } from './loss.ts';
import { smoothed } from './smoothing.ts';
import { clippedProbabilities } from './targets.ts';

/**
 * −Σ α·(1 − p)^γ · y·log p.
 * Source: T.-Y. Lin et al., arXiv:1708.02002 (2017); Keras 3 categorical_focal_crossentropy.
 */
export const categoricalFocalCrossentropy: LossRule<'categoricalFocalCrossentropy'> = (call, loss) => {
  const { builder: b } = call;
  const prediction = loss.fromLogits ? b.plain('softmax', call.prediction) : call.prediction;
  const targets = smoothed(b, call.targets, loss.labelSmoothing, b.shapeOf(prediction).at(-1)!);
  const p = clippedProbabilities(b, b.divide(prediction, b.reduceSum(prediction, [1], true)));
  const entropies = b.plain('negative', b.multiply(targets, b.plain('log', p)));
  const factor = b.plain('power', b.subtract(b.scalar(1), p), b.scalar(loss.gamma));
  return b.reduceSum(b.multiply(b.multiply(factor, b.scalar(loss.alpha)), entropies), [1]);
};
