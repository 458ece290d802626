import type { MetricRule } from './metric.ts';
import { vectors } from './metric.ts';

/** Half the spacing of float32 numbers near 1. */
const ROUNDING = 2 ** -24;
/** Of batch means, in units of `ROUNDING`: a product, a quotient and sums of a batch's rows in another order. */
const MEAN_ROUNDING = 8;
/** Of a batch's sum over equal targets, relative to their size. */
const SUM_ROUNDING = 64;

/**
 * 1 − Σ (y − p)² / Σ (y − mean y)²: the share of the target's variance that is explained, averaged
 * over the model's values.
 *
 * Departs from Keras 3 R2Score, whose Σ y² − (Σ y)² / n loses all digits where the mean is large
 * beside the deviation, and may then exceed 1: targets are shifted by their mean over the training
 * rows, and a batch reports the variation around its own mean together with that mean (Chan, Golub, LeVeque,
 * Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979). Where
 * all targets are equal nothing can be explained, and the score is 0.
 *
 * A batch's numbers, a value each but for the last: Σ (y − p)², Σ (d − m)², Σ d and m · Σ d with
 * d the shifted targets and m their mean in the batch; the batch's rows.
 */
export const r2Score: MetricRule<'r2_score'> = (_, units) => ({
  length: 4 * units + 1,
  emit: ({ builder: b, prediction, targets, targetMeans, count }) => {
    const errors = b.plain('square', b.subtract(targets, prediction));
    const shifted = targetMeans.some((mean) => mean !== 0)
      ? b.subtract(targets, b.constant('float32', [units], targetMeans))
      : targets;
    const sum = b.reduceSum(shifted, [0]);
    const mean = b.divide(sum, count);
    const around = b.plain('square', b.subtract(shifted, mean));
    return [b.reduceSum(errors, [0]), b.reduceSum(around, [0]), sum, b.multiply(sum, mean), ...vectors(b, [count])];
  },
  finalize: (sums) => {
    const count = sums[4 * units]!;
    let total = 0;
    for (let unit = 0; unit < units; unit++) {
      const [error, within, sum, squares] = [0, 1, 2, 3].map((part) => sums[part * units + unit]!) as [
        number,
        number,
        number,
        number,
      ];
      const apart = squares - (sum * sum) / count;
      const between = apart > MEAN_ROUNDING * ROUNDING * squares ? apart : 0;
      const variation = within + between;
      const isConstant = variation <= (SUM_ROUNDING * ROUNDING) ** 2 * squares;
      total += isConstant ? 0 : 1 - error / variation;
    }
    return total / units;
  },
});
