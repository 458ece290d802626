import type { ValueId } from '../../../program/language/types.ts';
import { cosines, percentageErrors } from '../losses/regression-losses.ts';
import { errorOf, meanOfValues } from '../losses/loss.ts';
import { meanMetric } from './metric.ts';
import type { MetricCall, MetricRule } from './metric.ts';

/** mean |p − y|. */
export const mae: MetricRule<'mae'> = () =>
  meanMetric((call) => meanOfValues(call, call.builder.plain('abs', errorOf(call))));

/** mean (p − y)². */
export const mse: MetricRule<'mse'> = () => meanMetric(squares);

/** √ mean (p − y)². As in Keras, masked examples count too. */
export const rmse: MetricRule<'rmse'> = () => {
  const { emit, ...mean } = meanMetric(squares);
  return {
    ...mean,
    emit: (call) => emit({ ...call, counted: null }),
    finalize: (sums) => Math.sqrt(mean.finalize(sums)),
  };
};

/** 100 · mean |p − y| / max(|y|, ε). */
export const mape: MetricRule<'mape'> = () => meanMetric(percentageErrors);

/** Σ y·p / (‖y‖·‖p‖): 1 where both point the same way. Source: Keras 3 CosineSimilarity. */
export const cosineSimilarity: MetricRule<'cosine_similarity'> = () =>
  meanMetric(({ builder, prediction, targets }) => cosines(builder, prediction, targets));

function squares(call: MetricCall): ValueId {
  return meanOfValues(call, call.builder.plain('square', errorOf(call)));
}
