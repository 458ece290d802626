import type { MetricName } from '../../training/metrics.ts';

/** What a metric says something about: classes or numbers, and whether it reads probabilities. */
export interface MetricFit {
  readonly targets: 'classes' | 'numbers' | 'both';
  readonly probabilities: boolean;
}

const classes: MetricFit = { targets: 'classes', probabilities: false };
const probabilities: MetricFit = { targets: 'classes', probabilities: true };
const both: MetricFit = { targets: 'both', probabilities: false };

export const metricFits: Readonly<Record<MetricName, MetricFit>> = {
  accuracy: classes,
  binary_accuracy: classes,
  categorical_accuracy: classes,
  sparse_categorical_accuracy: classes,
  top_k_categorical_accuracy: classes,
  precision: classes,
  recall: classes,
  f1_score: classes,
  auc: probabilities,
  pr_auc: probabilities,
  mae: both,
  mse: both,
  rmse: both,
  mape: { targets: 'numbers', probabilities: false },
  r2_score: both,
  cosine_similarity: both,
};
