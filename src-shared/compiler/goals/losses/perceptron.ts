import type { LossRule } from './loss.ts';
import { beforeStep } from './targets.ts';

/**
 * Σ max(0, −t·z) over an example's values, t being −1 for targets of 0, and z the value before a
 * last step activation, or the prediction itself.
 *
 * Written as (step(z) − y)·z, which is the same and whose gradient is the perceptron's error also
 * at z = 0, where weights of zero begin: with one example a step, SGD adds η·(y − ŷ)·x to each
 * unit's weights. Source: F. Rosenblatt, Psychological Review 65 (1958); C. M. Bishop, Pattern
 * Recognition and Machine Learning (2006), 4.1.7.
 */
export const perceptron: LossRule<'perceptron'> = ({ builder: b, prediction, targets }) => {
  const z = beforeStep(b, prediction) ?? prediction;
  const fired = b.cast(b.plain('greaterEqual', z, b.scalar(0)), 'float32');
  return b.reduceSum(b.multiply(b.subtract(fired, targets), z), [1]);
};
