import type { LossRule } from './loss.ts';
import { clippedProbabilities, logitsOf } from './targets.ts';

/** −log p of the true class; from logits if softmax is the last operation. Source: Keras 3 sparse_categorical_crossentropy. */
export const sparseCategoricalCrossentropy: LossRule<'sparseCategoricalCrossentropy'> = (call, { fromLogits }) => {
  const { builder: b, prediction, y } = call;
  const logits = fromLogits
    ? prediction
    : (logitsOf(b, prediction, 'softmax') ?? b.plain('log', clippedProbabilities(b, prediction)));
  return b.plain('sparseSoftmaxCrossEntropy', logits, b.reshape(y, [null]));
};
