import type { LossRule } from './loss.ts';

/** max(1 + n − t, 0): t = Σ y·p, the true class's value; n = max (1 − y)·p. Source: Keras 3 categorical_hinge. */
export const categoricalHinge: LossRule<'categoricalHinge'> = ({ builder: b, prediction, targets }) => {
  const one = b.scalar(1);
  const right = b.reduceSum(b.multiply(targets, prediction), [1]);
  const wrong = b.reduceMax(b.multiply(b.subtract(one, targets), prediction), [1]);
  return b.plain('maximum', b.add(b.subtract(wrong, right), one), b.scalar(0));
};
