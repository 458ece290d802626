import { meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';
import { EPSILON } from './targets.ts';

/** mean p − y·log(p + ε): for counts. Source: Keras 3 poisson. */
export const poisson: LossRule<'poisson'> = (call) => {
  const { builder: b, prediction, targets } = call;
  const logarithm = b.plain('log', b.add(prediction, b.scalar(EPSILON)));
  return meanOfValues(call, b.subtract(prediction, b.multiply(targets, logarithm)));
};
