import type { ValueId } from '../../../program/language/types.ts';
import { beforeStep, logitsOf } from '../losses/targets.ts';
import { meanMetric } from './metric.ts';
import type { Metric, MetricCall, MetricRule } from './metric.ts';

/** Share of correct classes: for one unit by the threshold 0.5, else by the largest value. */
export const accuracy: MetricRule<'accuracy'> = (_, units) => (units === 1 ? byThreshold(0.5) : byLargest);

/** Share of values on the correct side of the threshold. Source: Keras 3 BinaryAccuracy. */
export const binaryAccuracy: MetricRule<'binary_accuracy'> = ({ threshold }) => byThreshold(threshold);

/** Share of examples whose largest value is that of the true class. Source: Keras 3 CategoricalAccuracy. */
export function categoricalAccuracy(): Metric {
  return byLargest;
}

function byThreshold(threshold: number): Metric {
  return meanMetric(({ builder: b, prediction, targets }) => {
    const chosen = b.cast(b.plain('greater', prediction, b.scalar(threshold)), 'float32');
    return b.reduceMean(b.cast(b.plain('equal', chosen, targets), 'float32'), [1]);
  });
}

/** Compares logits, whose order is that of the probabilities, or the inputs of a step activation, which do not tie. */
const byLargest: Metric = meanMetric((call) => {
  const { builder: b, prediction } = call;
  const chosen = b.argMax(logitsOf(b, prediction, 'softmax') ?? beforeStep(b, prediction) ?? prediction, 1);
  return b.cast(b.plain('equal', chosen, trueClass(call)), 'float32');
});

/** Index of the true class. Labels and numbers count as one-hot classes, as in Keras. */
function trueClass({ builder: b, y }: MetricCall): ValueId {
  return b.typeOf(y).dtype === 'int32' ? b.reshape(y, [null]) : b.argMax(y, 1);
}

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
