import type { ValueId } from '../../../program/language/types.ts';
import { beforeStep, logitsOf } from '../losses/targets.ts';
import { meanMetric } from './metric.ts';
import type { Metric, MetricCall, MetricRule } from './metric.ts';

/** Share of right classes: by one half where the model ends in one value, else by the largest. */
export const accuracy: MetricRule<'accuracy'> = (_, units) => (units === 1 ? halves(0.5) : largest);

/** Share of values on the right side of the threshold. Source: Keras 3 BinaryAccuracy. */
export const binaryAccuracy: MetricRule<'binary_accuracy'> = ({ threshold }) => halves(threshold);

/** Share of examples whose largest value is the true class's. Source: Keras 3 CategoricalAccuracy. */
export function categoricalAccuracy(): Metric {
  return largest;
}

function halves(threshold: number): Metric {
  return meanMetric(({ builder: b, prediction, targets }) => {
    const chosen = b.cast(b.plain('greater', prediction, b.scalar(threshold)), 'float32');
    return b.reduceMean(b.cast(b.plain('equal', chosen, targets), 'float32'), [1]);
  });
}

/** The largest logit is the largest probability; of several units that step, the largest before the step decides. */
const largest: Metric = meanMetric((call) => {
  const { builder: b, prediction } = call;
  const chosen = b.argMax(logitsOf(b, prediction, 'softmax') ?? beforeStep(b, prediction) ?? prediction, 1);
  return b.cast(b.plain('equal', chosen, trueClass(call)), 'float32');
});

/** Of labels and numbers, which Keras takes for one-hot classes, the first largest. */
function trueClass({ builder: b, y }: MetricCall): ValueId {
  return b.typeOf(y).dtype === 'int32' ? b.reshape(y, [null]) : b.argMax(y, 1);
}
