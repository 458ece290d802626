import type { MetricCall, Metric, MetricRule } from './metric.ts';
import { shareOf } from './metric.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { clipped } from '../losses/targets.ts';

/** Number of thresholds, as in Keras: evenly spaced from just below 0 to just above 1. */
const THRESHOLDS = 200;

/** Area under the curve of true over false positive rate. Source: Keras 3 AUC, curve 'ROC'. */
export const auc: MetricRule<'auc'> = () => area(rocArea);

/**
 * Area under the curve of precision over recall, true positives interpolated.
 * Source: J. Davis, M. Goadrich, ICML 2006; Keras 3 AUC, curve 'PR'.
 */
export const prAuc: MetricRule<'pr_auc'> = () => area(precisionRecallArea);

/** Number of values above each threshold, the lowest first. */
interface Counts {
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
}

/** Sums are two histograms of the probabilities of all classes over the thresholds: of true classes, then of the others. */
function area(of: (counts: Counts) => number): Metric {
  return {
    length: 2 * THRESHOLDS,
    emit: emitHistograms,
    finalize: (sums) =>
      of({
        truePositives: reverseCumulativeSum(sums.slice(0, THRESHOLDS)),
        falsePositives: reverseCumulativeSum(sums.slice(THRESHOLDS)),
      }),
  };
}

function emitHistograms({ builder: b, prediction, targets }: MetricCall): ValueId[] {
  // The last threshold below p: ceil(p · 199) − 1.
  const ceiling = b.plain('negative', b.plain('floor', b.multiply(prediction, b.scalar(1 - THRESHOLDS))));
  const bin = clipped(b, b.subtract(ceiling, b.scalar(1)), 0, THRESHOLDS - 1);
  const bins = b.oneHot(b.reshape(b.cast(bin, 'int32'), [null]), THRESHOLDS);
  const weights = [targets, b.subtract(b.scalar(1), targets)].map((values) => b.reshape(values, [null, 1]));
  return weights.map((weight) => b.reduceSum(b.multiply(bins, weight), [0]));
}

/** Cumulative sums from the end. */
function reverseCumulativeSum(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((_, index) => (sum += values[values.length - 1 - index]!)).reverse();
}

function rocArea({ truePositives, falsePositives }: Counts): number {
  const height = truePositives.map((count) => shareOf(count, truePositives[0]!));
  const width = falsePositives.map((count) => shareOf(count, falsePositives[0]!));
  let sum = 0;
  for (let i = 0; i + 1 < THRESHOLDS; i++) sum += (width[i]! - width[i + 1]!) * ((height[i]! + height[i + 1]!) / 2);
  return sum;
}

function precisionRecallArea({ truePositives, falsePositives }: Counts): number {
  const positives = truePositives.map((count, index) => count + falsePositives[index]!);
  let sum = 0;
  for (let i = 0; i + 1 < THRESHOLDS; i++) {
    const [here, next] = [positives[i]!, positives[i + 1]!];
    const gained = truePositives[i]! - truePositives[i + 1]!;
    const slope = shareOf(gained, here - next);
    const intercept = truePositives[i + 1]! - slope * next;
    const ratio = here > 0 && next > 0 ? here / next : 1;
    sum += shareOf(slope * (gained + intercept * Math.log(ratio)), truePositives[0]!);
  }
  return sum;
}
