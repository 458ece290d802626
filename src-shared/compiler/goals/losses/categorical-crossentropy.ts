import type { LossRule } from './loss.ts';
import { smoothed } from './smoothing.ts';
import { clippedProbabilities, logitsOf } from './targets.ts';

/** −Σ y·log p; from logits if softmax is the last operation. Source: Keras 3 categorical_crossentropy. */
export const categoricalCrossentropy: LossRule<'categoricalCrossentropy'> = (call, { fromLogits, labelSmoothing }) => {
  const { builder: b, prediction } = call;
  const targets = smoothed(b, call.targets, labelSmoothing, b.shapeOf(prediction).at(-1)!);
  const logits = fromLogits ? prediction : logitsOf(b, prediction, 'softmax');
  if (logits !== null) return b.plain('softmaxCrossEntropy', logits, targets);
  const shares = b.divide(prediction, b.reduceSum(prediction, [1], true));
  const logarithms = b.plain('log', clippedProbabilities(b, shares));
  return b.plain('negative', b.reduceSum(b.multiply(targets, logarithms), [1]));
};
