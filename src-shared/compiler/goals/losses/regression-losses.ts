import { unitLength } from '../../../layers/kinds/normalization/unit-length.ts';
import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { errorOf, meanOfValues } from './loss.ts';
import type { LossCall, LossRule } from './loss.ts';
import { EPSILON } from './targets.ts';

/** mean (p − y)². */
export const meanSquaredError: LossRule<'meanSquaredError'> = (call) =>
  meanOfValues(call, call.builder.plain('square', errorOf(call)));

/** mean |p − y|. */
export const meanAbsoluteError: LossRule<'meanAbsoluteError'> = (call) =>
  meanOfValues(call, call.builder.plain('abs', errorOf(call)));

/** 100 · mean |p − y| / max(|y|, ε). Source: Keras 3 mean_absolute_percentage_error. */
export const meanAbsolutePercentageError: LossRule<'meanAbsolutePercentageError'> = (call) => percentageErrors(call);

/** 100 · mean |p − y| / max(|y|, ε) of each example, float32 [N]. */
export function percentageErrors(call: LossCall): ValueId {
  const { builder: b, targets } = call;
  const size = b.plain('maximum', b.plain('abs', targets), b.scalar(EPSILON));
  const shares = b.divide(b.plain('abs', errorOf(call)), size);
  return b.multiply(b.scalar(100), meanOfValues(call, shares));
}

/** mean (log(1 + p) − log(1 + y))² of p and y clipped to at least ε. Source: Keras 3 mean_squared_logarithmic_error. */
export const meanSquaredLogarithmicError: LossRule<'meanSquaredLogarithmicError'> = (call) => {
  const { builder: b, prediction, targets } = call;
  const difference = b.subtract(logarithm(b, prediction), logarithm(b, targets));
  return meanOfValues(call, b.plain('square', difference));
};

function logarithm(b: ProgramBuilder, x: ValueId): ValueId {
  return b.plain('log1p', b.plain('maximum', x, b.scalar(EPSILON)));
}

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

/** mean log(cosh(e)) = e + softplus(−2·e) − log 2; e = p − y. Source: Keras 3 log_cosh. */
export const logCosh: LossRule<'logCosh'> = (call) => {
  const { builder: b } = call;
  const error = errorOf(call);
  const rest = b.plain('softplus', b.multiply(error, b.scalar(-2)));
  return meanOfValues(call, b.subtract(b.add(error, rest), b.scalar(Math.LN2)));
};

/** mean p − y·log(p + ε): for counts. Source: Keras 3 poisson. */
export const poisson: LossRule<'poisson'> = (call) => {
  const { builder: b, prediction, targets } = call;
  const logarithm = b.plain('log', b.add(prediction, b.scalar(EPSILON)));
  return meanOfValues(call, b.subtract(prediction, b.multiply(targets, logarithm)));
};

/** −Σ y·p / (‖y‖·‖p‖): −1 where both point the same way. Source: Keras 3 cosine_similarity. */
export const cosineSimilarity: LossRule<'cosineSimilarity'> = ({ builder: b, prediction, targets }) =>
  b.plain('negative', cosines(b, prediction, targets));

/** Cosine of the angle between prediction and target of each example, float32 [N]. */
export function cosines(b: ProgramBuilder, prediction: ValueId, targets: ValueId): ValueId {
  return b.reduceSum(b.multiply(unitLength(b, targets, [1]), unitLength(b, prediction, [1])), [1]);
}
