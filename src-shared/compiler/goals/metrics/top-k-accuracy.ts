import { meanMetric } from './metric.ts';
import type { MetricRule } from './metric.ts';

/**
 * Share of examples where fewer than k classes have a larger value than the true class.
 * Source: Keras 3 TopKCategoricalAccuracy; TensorFlow in_top_k.
 */
export const topKAccuracy: MetricRule<'top_k_categorical_accuracy'> = ({ k }) =>
  meanMetric(({ builder: b, prediction, targets }) => {
    const right = b.reduceSum(b.multiply(prediction, targets), [1], true);
    const larger = b.reduceSum(b.cast(b.plain('greater', prediction, right), 'float32'), [1]);
    return b.cast(b.plain('less', larger, b.scalar(k)), 'float32');
  });
