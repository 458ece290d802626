import { errorOf, meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';

/**
 * mean of ½·e² where |e| ≤ δ, else δ·|e| − ½·δ²; e = p − y.
 * Source: P. J. Huber, Annals of Mathematical Statistics 35 (1964); Keras 3 huber.
 */
export const huber: LossRule<'huber'> = (call, { delta }) => {
  const { builder: b } = call;
  const error = errorOf(call);
  const size = b.plain('abs', error);
  const parabola = b.multiply(b.scalar(0.5), b.plain('square', error));
  const line = b.subtract(b.multiply(b.scalar(delta), size), b.scalar(0.5 * delta * delta));
  return meanOfValues(call, b.select(b.plain('lessEqual', size, b.scalar(delta)), parabola, line));
};
