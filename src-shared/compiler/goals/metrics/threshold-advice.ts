import { readsLogits, readsMargins } from '../../../training/configuration/losses.ts';
import type { LossSettings } from '../../../training/configuration/losses.ts';
import { metricSettings } from '../../../training/configuration/metrics.ts';
import type { MetricConfiguration } from '../../../training/configuration/metrics.ts';

/** Why predictions of a model with this loss separate classes at 0, not at 0.5; null if they do not. */
function middleAtZero(loss: LossSettings): { values: string; why: string } | null {
  if (readsLogits(loss)) return { values: 'logits', why: 'the logit 0 is the probability 0.5' };
  return readsMargins(loss) ? { values: 'margins', why: `${loss.name} separates the classes at 0` } : null;
}

/** Whether a value above 0, not above 0.5, predicts the second class. */
export const isPartedAtZero = (loss: LossSettings): boolean => middleAtZero(loss) !== null;

/**
 * Advice for a metric that compares logits or margins with a threshold for probabilities, as
 * Keras's metrics do for any loss; null if there is none.
 * @param units Size of the prediction's last axis. @param labels Whether each value is a label.
 */
export function thresholdAdvice(
  metric: MetricConfiguration,
  units: number,
  labels: boolean,
  loss: LossSettings,
): string | null {
  const middle = middleAtZero(loss);
  const settings = metricSettings(metric);
  if (middle === null || 'formula' in settings) return null;
  const { name } = settings;
  if ('threshold' in settings) {
    if (settings.threshold !== 0.5) return null;
    return `${name} compares ${middle.values} with its threshold 0.5, as in Keras; ${middle.why}. Set its threshold to 0.`;
  }
  const halved = (units === 1 && name === 'accuracy') || ((units === 1 || labels) && name === 'f1_score');
  if (!halved) return null;
  const what = name === 'accuracy' ? 'Accuracy' : name;
  return `${what} compares ${middle.values} with 0.5, as in Keras; ${middle.why}. Choose binary_accuracy with the threshold 0.`;
}
