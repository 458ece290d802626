import type { MetricRule } from './metric.ts';
import { vectors } from './metric.ts';

/**
 * 1 − Σ (y − p)² / Σ (y − mean y)²: the share of the target's variance that is explained,
 * averaged over the model's values. Source: Keras 3 R2Score.
 */
export const r2Score: MetricRule<'r2_score'> = (_, units) => ({
  length: 3 * units + 1,
  emit: ({ builder: b, prediction, targets, count }) => {
    const errors = b.plain('square', b.subtract(targets, prediction));
    const sums = [errors, targets, b.plain('square', targets)].map((values) => b.reduceSum(values, [0]));
    return [...sums, ...vectors(b, [count])];
  },
  finalize: (sums) => {
    const count = sums[3 * units]!;
    let total = 0;
    for (let unit = 0; unit < units; unit++) {
      const sum = sums[units + unit]!;
      const variation = sums[2 * units + unit]! - (sum * sum) / count;
      const score = 1 - sums[unit]! / variation;
      total += Math.abs(score) === Infinity ? 0 : score;
    }
    return total / units;
  },
});
