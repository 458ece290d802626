import { z } from 'zod';

/** Metrics with their options. Names are Keras's keys, defaults Keras 3's. */

const plain = <Name extends string>(name: Name) => z.object({ name: z.literal(name) });
/** Probability above which a class counts as predicted. */
const threshold = z.number().min(0).max(1).default(0.5);

/** A metric with its options. */
export const metricSettingsSchema = z.discriminatedUnion('name', [
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

export type MetricSettings = z.infer<typeof metricSettingsSchema>;
export type MetricName = MetricSettings['name'];
export type MetricOf<Name extends MetricName> = Extract<MetricSettings, { name: Name }>;

const names = metricSettingsSchema.options.map((option) => option.shape.name.value) as [MetricName, ...MetricName[]];

/** A metric's name, with Keras's options, or an object of its name and its options. */
export const metricSchema = z.union([z.enum(names), metricSettingsSchema]);

export type MetricConfiguration = z.infer<typeof metricSchema>;

export function metricNameOf(metric: MetricConfiguration): MetricName {
  return typeof metric === 'string' ? metric : metric.name;
}

/** A metric with all its options, defaults filled in. */
export function metricSettings(metric: MetricConfiguration): MetricSettings {
  return metricSettingsSchema.parse(typeof metric === 'string' ? { name: metric } : metric);
}
