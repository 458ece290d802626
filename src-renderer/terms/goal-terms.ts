import { lossNames, metricNames } from '../../src-shared/training/configuration/goal-names.ts';
import { lossNameOf, type LossConfiguration, type LossName } from '../../src-shared/training/configuration/losses.ts';
import {
  isFormulaMetric,
  type MetricConfiguration,
  type MetricName,
} from '../../src-shared/training/configuration/metrics.ts';

/** Losses and metrics for a person: one line of help each with its formula; y is the target, ŷ the prediction. */

export const lossTerms: Readonly<Record<LossName, string>> = {
  auto: 'Cross-entropy for classes, mean squared error for numbers.',
  meanSquaredError: 'Large errors count most.\nmean (y − ŷ)²',
  meanAbsoluteError: 'Outliers count no more than their error.\nmean |y − ŷ|',
  meanAbsolutePercentageError: 'Errors as a share of the target.\n100 · mean |y − ŷ| / |y|',
  meanSquaredLogarithmicError: 'Errors as ratios, for values of 0 or more.\nmean (log(1 + y) − log(1 + ŷ))²',
  huber: 'Squared for small errors e, straight for large ones.\n½·e² where |e| ≤ δ, else δ·|e| − ½·δ²',
  logCosh: 'A smooth Huber loss.\nmean log cosh(ŷ − y)',
  binaryCrossentropy: 'For two classes and one probability.\n−y·log ŷ − (1 − y)·log(1 − ŷ)',
  categoricalCrossentropy: 'For classes, one probability each.\n−Σ y·log ŷ',
  sparseCategoricalCrossentropy: 'The same, with the class as a number.\n−log ŷ of the true class',
  binaryFocalCrossentropy:
    'Two classes, easy examples counting less; q is the probability of the truth.\n(1 − q)^γ · cross-entropy',
  categoricalFocalCrossentropy: 'Classes, easy examples counting less.\n−Σ α·(1 − ŷ)^γ · y·log ŷ',
  klDivergence: 'How far a distribution is from the true one.\nΣ y·log(y / ŷ)',
  poisson: 'For counts.\nmean ŷ − y·log ŷ',
  hinge: 'Pushes values beyond a margin of 1; classes are −1 and 1.\nmean max(1 − y·ŷ, 0)',
  squaredHinge: 'The hinge, large errors counting most.\nmean max(1 − y·ŷ, 0)²',
  categoricalHinge: "The true class's value is to lead by 1.\nmax(1 + max (1 − y)·ŷ − Σ y·ŷ, 0)",
  cosineSimilarity: 'Only the direction counts; −1 is best.\n−Σ y·ŷ / (‖y‖·‖ŷ‖)',
  perceptron:
    'Only mistakes count; for a model that ends in step. with SGD and a batch size of 1 it is the perceptron rule.\nw ← w + η·(y − ŷ)·x',
  formula: 'One of your own, of y_true and y_pred, for each value; the mean is taken.',
};

export const metricTerms: Readonly<Record<MetricName, string>> = {
  accuracy: 'Share of right classes.\nright / all',
  binary_accuracy: 'Share of values on the right side of one half.\nmean [(ŷ > ½) = y]',
  categorical_accuracy: 'Share of examples whose largest value is the true class.\nmean [argmax ŷ = argmax y]',
  sparse_categorical_accuracy: 'The same, with the class as a number.\nmean [argmax ŷ = y]',
  top_k_categorical_accuracy:
    'Share of examples with the true class among the k largest, k = 5.\nmean [rank of the true class ≤ k]',
  precision: 'Right among what is predicted.\nTP / (TP + FP)',
  recall: 'Found among what is true.\nTP / (TP + FN)',
  f1_score: 'Precision P and recall R in one figure, averaged over classes.\n2·P·R / (P + R)',
  auc: 'Area under true over false positive rate; 0.5 is guessing.\n∫ TPR dFPR, 200 thresholds',
  pr_auc: 'Area under precision over recall, for rare classes.\n∫ P dR, 200 thresholds',
  mae: 'Mean size of the error.\nmean |y − ŷ|',
  mse: 'Mean squared error.\nmean (y − ŷ)²',
  rmse: "Typical error in the target's unit.\n√ mean (y − ŷ)²",
  mape: 'Mean error as a percentage of the target.\n100 · mean |y − ŷ| / |y|',
  r2_score:
    'Share of the variance that is explained; 1 is perfect, 0 no better than the mean, or all targets are equal.\n1 − Σ (y − ŷ)² / Σ (y − mean y)²',
  cosine_similarity: 'Whether prediction and target point the same way.\nΣ y·ŷ / (‖y‖·‖ŷ‖)',
};

/** 'Accuracy', or of a metric of one's own its name and formula. */
export function metricTitle(metric: MetricConfiguration): string {
  if (isFormulaMetric(metric)) return `${metric.name} = ${metric.formula}`;
  return metricNames[typeof metric === 'string' ? metric : metric.name];
}

/** 'Huber', or of a loss of one's own its formula. */
export function lossTitle(loss: LossConfiguration): string {
  return typeof loss === 'object' && loss.name === 'formula' ? loss.formula : lossNames[lossNameOf(loss)];
}
