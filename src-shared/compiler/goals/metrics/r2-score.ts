import type { MetricRule } from './metric.ts';
import { vectors } from './metric.ts';

/** Largest relative error of rounding to float32. */
const ROUNDING = 2 ** -24;
/** Largest error of a batch's mean, in units of `ROUNDING`: from its sum, a quotient and a product. */
const MEAN_ROUNDING = 8;
/** Largest error of a batch's sum over equal targets, in units of `ROUNDING`, relative to the targets. */
const SUM_ROUNDING = 64;

/**
 * 1 − Σ (y − p)² / Σ (y − mean y)²: the explained share of the target's variance, averaged over
 * units. 0 if all targets are equal.
 *
 * Differs from Keras 3 R2Score, which computes Σ y² − (Σ y)² / n. That loses all digits if the
 * mean is much larger than the deviation; the score may then exceed 1. Here targets are shifted
 * by their mean over the training rows, and each batch reports its mean and the variation around it.
 * Source: Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample
 * Variances, 1979.
 *
 * Sums of a batch, each of `units` values: Σ (y − p)², Σ (d − m)², Σ d and m · Σ d, where d are the
 * shifted targets and m is their mean in the batch; then one value, the number of rows.
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
      const at = (part: number): number => sums[part * units + unit]!;
      const [error, within, sum, squares] = [at(0), at(1), at(2), at(3)];
      const ofMeans = squares - (sum * sum) / count;
      const between = ofMeans > MEAN_ROUNDING * ROUNDING * squares ? ofMeans : 0;
      const variation = within + between;
      const isConstant = variation <= (SUM_ROUNDING * ROUNDING) ** 2 * squares;
      total += isConstant ? 0 : 1 - error / variation;
    }
    return total / units;
  },
});
