import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { LossSettings } from '../../../training/configuration/losses.ts';
import { isFormulaMetric, metricDirections, metricSettings } from '../../../training/configuration/metrics.ts';
import type {
  FormulaMetric,
  MetricConfiguration,
  MetricName,
  MetricOf,
  MetricSettings,
} from '../../../training/configuration/metrics.ts';
import type { Aim } from '../../graph/aim.ts';
import type { MetricPlan } from '../../graph/compiled.ts';
import { meanOfFormula } from '../losses/formula.ts';
import { floatTargets } from '../losses/targets.ts';
import { accuracy, binaryAccuracy, categoricalAccuracy, topKAccuracy } from './accuracy.ts';
import { auc, prAuc } from './area-under-curve.ts';
import { cosineSimilarity, mae, mape, mse, rmse } from './errors.ts';
import { f1Score } from './f1-score.ts';
import { meanMetric } from './metric.ts';
import type { Metric, MetricCall, MetricRule } from './metric.ts';
import { precision, recall } from './precision-recall.ts';
import { r2Score } from './r2-score.ts';
import { isPartedAtZero } from './threshold-advice.ts';

/** One rule per metric of the configuration; the type checks that none is missing. */
const rules: { readonly [Name in MetricName]: MetricRule<Name> } = {
  accuracy,
  binary_accuracy: binaryAccuracy,
  categorical_accuracy: categoricalAccuracy,
  sparse_categorical_accuracy: categoricalAccuracy,
  top_k_categorical_accuracy: topKAccuracy,
  precision,
  recall,
  f1_score: f1Score,
  auc,
  pr_auc: prAuc,
  mae,
  mse,
  rmse,
  mape,
  r2_score: r2Score,
  cosine_similarity: cosineSimilarity,
};

/** Default metric. Labels use 'binary_accuracy': Keras's 'accuracy' expects one class. */
export const automaticMetric: Readonly<Record<Aim['kind'], MetricName>> = {
  classes: 'accuracy',
  labels: 'binary_accuracy',
  numbers: 'mae',
  input: 'mae',
};

/**
 * The configured metrics without duplicates; if there are none, the default. A metric with
 * several sets of options stays several metrics, which `planReport` numbers as Keras does.
 */
export function resolveMetrics(
  metrics: readonly MetricConfiguration[],
  aim: Aim,
  loss: LossSettings,
  units: number,
): readonly MetricSettings[] {
  const different = new Map(metrics.map(metricSettings).map((settings) => [JSON.stringify(settings), settings]));
  return different.size > 0 ? [...different.values()] : [metricSettings(automatic(aim, loss, units))];
}

/** For classes separated at 0, the threshold is 0. */
function automatic(aim: Aim, loss: LossSettings, units: number): MetricConfiguration {
  const bySign = isPartedAtZero(loss) && (aim.kind === 'labels' || (aim.kind === 'classes' && units === 1));
  return bySign ? { name: 'binary_accuracy', threshold: 0 } : automaticMetric[aim.kind];
}

/** Offset of each metric's sums in the report, after the loss. @param units Size of the prediction's last axis. */
export function planMetrics(metrics: readonly MetricSettings[], units: number): MetricPlan[] {
  let offset = 1;
  return metrics.map((settings) => {
    const { length, finalize } = metricOf(settings, units);
    offset += length;
    const direction = isFormulaMetric(settings) ? null : metricDirections[settings.name];
    return { name: settings.name, direction, offset: offset - length, length, finalize };
  });
}

/** Number of values in a report: the loss and the metrics' sums. */
export function reportLength(plans: readonly MetricPlan[]): number {
  return plans.reduce((sum, { length }) => sum + length, 1);
}

/**
 * Sums of a metric over one batch: float32 vectors.
 * @param prediction float32 [N, units].
 * @param y int32 [N, 1] for classes, float32 [N, units] otherwise.
 */
export function emitMetric(
  builder: ProgramBuilder,
  settings: MetricSettings,
  prediction: ValueId,
  y: ValueId,
  examples: Pick<MetricCall, 'count' | 'counted' | 'targetMeans'>,
): readonly ValueId[] {
  const units = builder.shapeOf(prediction).at(-1)!;
  const targets = floatTargets(builder, prediction, y);
  return metricOf(settings, units).emit({ builder, prediction, targets, y, ...examples });
}

function metricOf(settings: MetricSettings, units: number): Metric {
  return isFormulaMetric(settings) ? formulaMetric(settings) : namedMetric(settings, units);
}

function namedMetric<Name extends MetricName>(settings: MetricOf<Name>, units: number): Metric {
  const name: Name = settings.name;
  return rules[name](settings, units);
}

/** The mean over examples of a formula of a person's own. */
function formulaMetric({ formula }: FormulaMetric): Metric {
  return meanMetric(({ builder, prediction, targets }) => meanOfFormula(builder, formula, targets, prediction));
}
