import { AppError } from '../../../src-shared/errors/app-error.ts';
import { directionOf, monitorTitles } from '../../../src-shared/training/callbacks/monitor.ts';
import type { Direction, Monitor, MonitoredMetric } from '../../../src-shared/training/callbacks/monitor.ts';
import type { MetricValues } from '../../../src-shared/training/run/run.ts';

/**
 * The direction of a monitored metric. Keras only warns of a metric that does not exist; the run would then never
 * end early.
 *
 * @throws AppError 'training/bad-monitor'.
 */
export function requireDirection(
  setting: keyof typeof monitorTitles,
  monitor: Monitor,
  metrics: readonly MonitoredMetric[],
): Direction {
  const result = directionOf(monitor, metrics);
  if ('direction' in result) return result.direction;
  throw new AppError('training/bad-monitor', `${monitorTitles[setting]} ${result.fault}`, {
    setting,
    monitor: monitor.monitor,
    metrics: metrics.map(({ name }) => name),
  });
}

/** The validation loss, or the loss if nothing is validated; NaN: neither is a finite number. */
export function usualLoss(metrics: MetricValues): number {
  return metrics['val_loss'] ?? metrics['loss'] ?? Number.NaN;
}
