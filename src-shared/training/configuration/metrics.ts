import { z } from 'zod';
import type { Direction } from '../callbacks/monitor.ts';
import { formulaSchema, GOAL_VARIABLES } from '../field-schemas/formulas.ts';

/** Metrics with their options. Names are Keras's keys, defaults Keras 3's. */

const plain = <Name extends string>(name: Name) => z.object({ name: z.literal(name) });
/** Probability above which a class counts as predicted. */
const threshold = z.number().min(0).max(1).default(0.5);

/** A metric of Keras's with its options. */
export const namedMetricSchema = z.discriminatedUnion('name', [
  plain('accuracy'),
  z.object({ name: z.literal('binary_accuracy'), threshold }),
  plain('categorical_accuracy'),
  plain('sparse_categorical_accuracy'),
  z.object({ name: z.literal('top_k_categorical_accuracy'), k: z.number().int().min(1).max(1_000_000).default(5) }),
  z.object({ name: z.literal('precision'), threshold }),
  z.object({ name: z.literal('recall'), threshold }),
  plain('f1_score'),
  plain('auc'),
  plain('pr_auc'),
  plain('mae'),
  plain('mse'),
  plain('rmse'),
  plain('mape'),
  plain('r2_score'),
  plain('cosine_similarity'),
]);

export type NamedMetric = z.infer<typeof namedMetricSchema>;
export type MetricName = NamedMetric['name'];
export type MetricOf<Name extends MetricName> = Extract<NamedMetric, { name: Name }>;

/** Whether less or more of a metric is better, as in Keras. */
export const metricDirections: Readonly<Record<MetricName, Direction>> = {
  accuracy: 'max',
  binary_accuracy: 'max',
  categorical_accuracy: 'max',
  sparse_categorical_accuracy: 'max',
  top_k_categorical_accuracy: 'max',
  precision: 'max',
  recall: 'max',
  f1_score: 'max',
  auc: 'max',
  pr_auc: 'max',
  mae: 'min',
  mse: 'min',
  rmse: 'min',
  mape: 'min',
  r2_score: 'max',
  cosine_similarity: 'max',
};

const names = namedMetricSchema.options.map((option) => option.shape.name.value) as [MetricName, ...MetricName[]];

/** Null, or why a metric of a person's own cannot be called this. */
export function metricNameFault(name: string): string | null {
  if (!/^[A-Za-z]\w{0,40}$/.test(name)) return 'Letters, digits and _ are needed, with a letter first.';
  if (name === 'loss' || /^val_/.test(name)) return `Another name than ${name} is needed, which Keras uses itself.`;
  return (names as readonly string[]).includes(name)
    ? `Another name than ${name} is needed, which a metric has.`
    : null;
}

/** A metric of a person's own: the mean over examples of a formula of y_true and y_pred. */
export const formulaMetricSchema = z.object({
  name: z.string().superRefine((name, context) => {
    const fault = metricNameFault(name);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  }),
  formula: formulaSchema(GOAL_VARIABLES),
});
export type FormulaMetric = z.infer<typeof formulaMetricSchema>;

/** A metric's name, with Keras's options, an object of its name and its options, or of a name and a formula. */
export const metricSchema = z.union([z.enum(names), formulaMetricSchema, namedMetricSchema]);

export type MetricConfiguration = z.infer<typeof metricSchema>;
export type MetricSettings = NamedMetric | FormulaMetric;

export function isFormulaMetric(metric: MetricConfiguration): metric is FormulaMetric {
  return typeof metric === 'object' && 'formula' in metric;
}

export function metricNameOf(metric: MetricConfiguration): string {
  return typeof metric === 'string' ? metric : metric.name;
}

/** A metric with all its options, defaults filled in. */
export function metricSettings(metric: MetricConfiguration): MetricSettings {
  if (isFormulaMetric(metric)) return metric;
  return namedMetricSchema.parse(typeof metric === 'string' ? { name: metric } : metric);
}
