import type { LossRule } from './loss.ts';
import { clipped, EPSILON } from './targets.ts';

/** Σ y·log(y / p), both clipped to [ε, 1]. Source: Keras 3 kl_divergence. */
export const klDivergence: LossRule<'klDivergence'> = ({ builder: b, prediction, targets }) => {
  const y = clipped(b, targets, EPSILON, 1);
  const ratio = b.divide(y, clipped(b, prediction, EPSILON, 1));
  return b.reduceSum(b.multiply(y, b.plain('log', ratio)), [1]);
};
