import type { LossRule } from './loss.ts';
import { beforeStep } from './targets.ts';

/**
 * Σ max(0, −t·z) over an example's values, with t = −1 for targets of 0. z is the input of a last
 * step activation, or the prediction itself.
 *
 * Computed as (step(z) − y)·z. This is equal, and its gradient is the perceptron's error also at
 * z = 0, where zero-initialized weights start: with batch size 1, SGD adds η·(y − ŷ)·x to each
 * unit's weights. Source: F. Rosenblatt, Psychological Review 65 (1958); C. M. Bishop, Pattern
 * Recognition and Machine Learning (2006), 4.1.7.
 */
export const perceptron: LossRule<'perceptron'> = ({ builder: b, prediction, targets }) => {
  const z = beforeStep(b, prediction) ?? prediction;
  const fired = b.cast(b.plain('greaterEqual', z, b.scalar(0)), 'float32');
  return b.reduceSum(b.multiply(b.subtract(fired, targets), z), [1]);
};
