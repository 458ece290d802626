import type { MetricName } from '../../../training/configuration/metrics.ts';
import type { Aim } from '../../graph/aim.ts';

/** Which targets a metric is for, and whether it needs probabilities. */
export interface MetricFit {
  readonly targets: 'classes' | 'numbers' | 'both';
  /** Multi-label targets: it counts 'each' label, only the 'first' true one (as Keras), or 'none'. */
  readonly labels: 'each' | 'first' | 'none';
  readonly probabilities: boolean;
}

const firstClass: MetricFit = { targets: 'classes', labels: 'first', probabilities: false };
const oneClass: MetricFit = { targets: 'classes', labels: 'none', probabilities: false };
const eachClass: MetricFit = { targets: 'classes', labels: 'each', probabilities: false };
const probabilities: MetricFit = { targets: 'classes', labels: 'each', probabilities: true };
const both: MetricFit = { targets: 'both', labels: 'each', probabilities: false };

export const metricFits: Readonly<Record<MetricName, MetricFit>> = {
  accuracy: firstClass,
  binary_accuracy: eachClass,
  categorical_accuracy: firstClass,
  sparse_categorical_accuracy: oneClass,
  top_k_categorical_accuracy: oneClass,
  precision: eachClass,
  recall: eachClass,
  f1_score: eachClass,
  auc: probabilities,
  pr_auc: probabilities,
  mae: both,
  mse: both,
  rmse: both,
  mape: { targets: 'numbers', labels: 'none', probabilities: false },
  r2_score: both,
  cosine_similarity: both,
};

/** Whether the metric is meaningful for an Output of this kind. */
export function isMeasuring(name: MetricName, aim: Aim['kind']): boolean {
  const { targets, labels } = metricFits[name];
  if (aim === 'labels') return labels === 'each';
  return targets === 'both' || targets === (aim === 'input' ? 'numbers' : aim);
}
