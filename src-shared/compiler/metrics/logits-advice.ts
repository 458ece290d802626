import { metricSettings } from '../../training/metrics.ts';
import type { MetricConfiguration } from '../../training/metrics.ts';

/**
 * What to know of a metric that compares logits with a threshold made for probabilities, as Keras's
 * do whatever the loss; null where there is nothing. The logit of the probability ½ is 0.
 * @param units Size of the model's last axis. @param labels Each value is a label of its own.
 */
export function logitsAdvice(metric: MetricConfiguration, units: number, labels: boolean): string | null {
  const settings = metricSettings(metric);
  if ('formula' in settings) return null;
  const { name } = settings;
  if ('threshold' in settings) {
    if (settings.threshold !== 0.5) return null;
    return `${name} compares logits with its threshold 0.5, as in Keras; even odds are at the logit 0. Set its threshold to 0.`;
  }
  const halved = (units === 1 && name === 'accuracy') || ((units === 1 || labels) && name === 'f1_score');
  if (!halved) return null;
  const what = name === 'accuracy' ? 'Accuracy' : name;
  return `${what} compares logits with 0.5, as in Keras; even odds are at the logit 0. Choose binary_accuracy with the threshold 0.`;
}
