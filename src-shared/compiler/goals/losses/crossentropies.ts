import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';
import { EPSILON, clipped, clippedProbabilities, logitsOf } from './targets.ts';

/** mean −y·log p − (1 − y)·log(1 − p). Source: Keras 3 binary_crossentropy. */
export const binaryCrossentropy: LossRule<'binaryCrossentropy'> = (call, { fromLogits, labelSmoothing }) => {
  const { builder: b, prediction, targets } = call;
  const y = smoothed(b, targets, labelSmoothing, 2);
  return meanOfValues(call, fromLogits ? entropiesOfLogits(b, prediction, y) : binaryEntropies(b, prediction, y));
};

/** Binary cross-entropy of each value; computed from logits if sigmoid is the last operation. */
function binaryEntropies(b: ProgramBuilder, prediction: ValueId, targets: ValueId): ValueId {
  const logits = logitsOf(b, prediction, 'sigmoid');
  if (logits !== null) return entropiesOfLogits(b, logits, targets);
  const one = b.scalar(1);
  const p = clippedProbabilities(b, prediction);
  const positive = b.multiply(targets, b.plain('log', p));
  const negative = b.multiply(b.subtract(one, targets), b.plain('log', b.subtract(one, p)));
  return b.plain('negative', b.add(positive, negative));
}

/** softplus(x) − x·y: finite for every logit x. */
function entropiesOfLogits(b: ProgramBuilder, logits: ValueId, targets: ValueId): ValueId {
  return b.subtract(b.plain('softplus', logits), b.multiply(logits, targets));
}

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

/** −log p of the true class; from logits if softmax is the last operation. Source: Keras 3 sparse_categorical_crossentropy. */
export const sparseCategoricalCrossentropy: LossRule<'sparseCategoricalCrossentropy'> = (call, { fromLogits }) => {
  const { builder: b, prediction, y } = call;
  const logits = fromLogits
    ? prediction
    : (logitsOf(b, prediction, 'softmax') ?? b.plain('log', clippedProbabilities(b, prediction)));
  return b.plain('sparseSoftmaxCrossEntropy', logits, b.reshape(y, [null]));
};

/**
 * −Σ α·(1 − p)^γ · y·log p.
 * Source: T.-Y. Lin et al., arXiv:1708.02002 (2017); Keras 3 categorical_focal_crossentropy.
 */
export const categoricalFocalCrossentropy: LossRule<'categoricalFocalCrossentropy'> = (call, loss) => {
  const { builder: b } = call;
  const prediction = loss.fromLogits ? b.plain('softmax', call.prediction) : call.prediction;
  const targets = smoothed(b, call.targets, loss.labelSmoothing, b.shapeOf(prediction).at(-1)!);
  const p = clippedProbabilities(b, b.divide(prediction, b.reduceSum(prediction, [1], true)));
  const entropies = b.plain('negative', b.multiply(targets, b.plain('log', p)));
  const factor = b.plain('power', b.subtract(b.scalar(1), p), b.scalar(loss.gamma));
  return b.reduceSum(b.multiply(b.multiply(factor, b.scalar(loss.alpha)), entropies), [1]);
};

/** Σ y·log(y / p), both clipped to [ε, 1]. Source: Keras 3 kl_divergence. */
export const klDivergence: LossRule<'klDivergence'> = ({ builder: b, prediction, targets }) => {
  const y = clipped(b, targets, EPSILON, 1);
  const ratio = b.divide(y, clipped(b, prediction, EPSILON, 1));
  return b.reduceSum(b.multiply(y, b.plain('log', ratio)), [1]);
};

/**
 * Label smoothing: y·(1 − s) + s / classes.
 * Source: C. Szegedy et al., arXiv:1512.00567 (2015), section 7.
 */
function smoothed(b: ProgramBuilder, targets: ValueId, smoothing: number, classes: number): ValueId {
  if (smoothing === 0) return targets;
  return b.add(b.multiply(targets, b.scalar(1 - smoothing)), b.scalar(smoothing / classes));
}
