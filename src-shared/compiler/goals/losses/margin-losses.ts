import type { ValueId } from '../../../program/language/types.ts';
import { meanOfValues } from './loss.ts';
import type { LossCall, LossRule } from './loss.ts';
import { beforeStep } from './targets.ts';

/** mean max(1 − y·p, 0), with −1 for targets of 0. Source: Keras 3 hinge. */
export const hinge: LossRule<'hinge'> = (call) => meanOfValues(call, margins(call));

/** mean max(1 − y·p, 0)², with −1 for targets of 0. Source: Keras 3 squared_hinge. */
export const squaredHinge: LossRule<'squaredHinge'> = (call) =>
  meanOfValues(call, call.builder.plain('square', margins(call)));

/** max(1 − y·p, 0) of each value, with −1 for targets of 0. */
function margins({ builder: b, prediction, targets }: LossCall): ValueId {
  const sides = b.subtract(b.multiply(targets, b.scalar(2)), b.scalar(1));
  return b.plain('maximum', b.subtract(b.scalar(1), b.multiply(sides, prediction)), b.scalar(0));
}

/** max(1 + n − t, 0): t = Σ y·p, the true class's value; n = max (1 − y)·p. Source: Keras 3 categorical_hinge. */
export const categoricalHinge: LossRule<'categoricalHinge'> = ({ builder: b, prediction, targets }) => {
  const one = b.scalar(1);
  const right = b.reduceSum(b.multiply(targets, prediction), [1]);
  const wrong = b.reduceMax(b.multiply(b.subtract(one, targets), prediction), [1]);
  return b.plain('maximum', b.add(b.subtract(wrong, right), one), b.scalar(0));
};

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
