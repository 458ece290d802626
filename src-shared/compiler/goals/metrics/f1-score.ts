import type { ValueId } from '../../../program/language/types.ts';
import { EPSILON } from '../losses/targets.ts';
import type { MetricCall, MetricRule } from './metric.ts';

/** As in Keras, a value this close to 0 is not a prediction. */
const ZERO_TOLERANCE = 1e-9;

/**
 * Mean over classes of 2·precision·recall / (precision + recall). The largest value is the
 * prediction; for labels and for one unit, values above 0.5 are.
 * Source: Keras 3 F1Score with average 'macro', and for labels and one value threshold 0.5.
 */
export const f1Score: MetricRule<'f1_score'> = (_, units) => ({
  length: 3 * units,
  emit: (call) => {
    const { builder: b, targets } = call;
    const chosen = predicted(call, units);
    return [b.multiply(chosen, targets), chosen, targets].map((values) => b.reduceSum(values, [0]));
  },
  finalize: (sums) => {
    let total = 0;
    for (let unit = 0; unit < units; unit++) {
      const both = sums[unit]!;
      const precision = both / (sums[units + unit]! + EPSILON);
      const recall = both / (sums[2 * units + unit]! + EPSILON);
      total += (2 * precision * recall) / (precision + recall + EPSILON);
    }
    return total / units;
  },
});

function predicted({ builder: b, prediction, y }: MetricCall, units: number): ValueId {
  if (units === 1 || b.typeOf(y).dtype === 'float32')
    return b.cast(b.plain('greater', prediction, b.scalar(0.5)), 'float32');
  const largest = b.plain('greaterEqual', prediction, b.reduceMax(prediction, [1], true));
  const isNonZero = b.plain('greater', b.plain('abs', prediction), b.scalar(ZERO_TOLERANCE));
  return b.cast(b.plain('logicalAnd', largest, isNonZero), 'float32');
}
