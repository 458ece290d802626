import { binaryEntropies } from './binary-crossentropy.ts';
import { meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';
import { smoothed } from './smoothing.ts';

/**
 * mean w·(1 − q)^γ · binary cross-entropy; q = y·p + (1 − y)·(1 − p) is the probability of the
 * true class; w = 1, or with class balancing y·α + (1 − y)·(1 − α).
 * Source: T.-Y. Lin et al., arXiv:1708.02002 (2017); Keras 3 binary_focal_crossentropy.
 */
export const binaryFocalCrossentropy: LossRule<'binaryFocalCrossentropy'> = (call, loss) => {
  const { builder: b } = call;
  const { alpha, gamma, applyClassBalancing, fromLogits, labelSmoothing } = loss;
  const prediction = fromLogits ? b.plain('sigmoid', call.prediction) : call.prediction;
  const one = b.scalar(1);
  const y = smoothed(b, call.targets, labelSmoothing, 2);
  const other = b.subtract(one, y);
  const trueShare = b.add(b.multiply(y, prediction), b.multiply(other, b.subtract(one, prediction)));
  const factor = b.plain('power', b.subtract(one, trueShare), b.scalar(gamma));
  const focal = b.multiply(factor, binaryEntropies(b, prediction, y));
  if (!applyClassBalancing) return meanOfValues(call, focal);
  const weight = b.add(b.multiply(y, b.scalar(alpha)), b.multiply(other, b.scalar(1 - alpha)));
  return meanOfValues(call, b.multiply(weight, focal));
};
