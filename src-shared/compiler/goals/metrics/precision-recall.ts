import type { ValueId } from '../../../program/language/types.ts';
import { vectors, shareOf } from './metric.ts';
import type { Metric, MetricCall, MetricRule } from './metric.ts';

/** True positives / predicted positives, over all classes together. Source: Keras 3 Precision. */
export const precision: MetricRule<'precision'> = ({ threshold }) =>
  shareOfTrue(threshold, ({ predicted }) => predicted);

/** True positives / actual positives, over all classes together. Source: Keras 3 Recall. */
export const recall: MetricRule<'recall'> = ({ threshold }) => shareOfTrue(threshold, ({ targets }) => targets);

interface Values {
  /** float32 [N, units], 1 where the prediction is above the threshold. */
  readonly predicted: ValueId;
  readonly targets: ValueId;
}

function shareOfTrue(threshold: number, whole: (values: Values) => ValueId): Metric {
  return {
    length: 2,
    emit: ({ builder: b, prediction, targets }: MetricCall) => {
      const predicted = b.cast(b.plain('greater', prediction, b.scalar(threshold)), 'float32');
      const both = b.reduceSum(b.multiply(predicted, targets), [0, 1]);
      return vectors(b, [both, b.reduceSum(whole({ predicted, targets }), [0, 1])]);
    },
    finalize: ([both = 0, all = 0]) => shareOf(both, all),
  };
}
