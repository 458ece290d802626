import { z } from 'zod';

/** A metric that a callback watches, and what counts as an improvement of it. Source: Keras 3.15 `MonitorCallback`. */

export const directionSchema = z.enum(['min', 'max']);
/** Whether less or more of a metric is better. */
export type Direction = z.infer<typeof directionSchema>;

export const monitorModeSchema = z.enum(['auto', 'min', 'max']);

/** A metric by its key: 'val_loss', 'val_main_accuracy'; 'auto': the metric's own direction. */
export const monitorSchema = z.object({
  monitor: z.string().min(1).max(200).default('val_loss'),
  mode: monitorModeSchema.default('auto'),
});
export type Monitor = z.infer<typeof monitorSchema>;

/** A metric of each epoch. */
export interface MonitoredMetric {
  readonly name: string;
  /** Null: a formula, of which nothing is known. */
  readonly direction: Direction | null;
}

/** What a monitor is of, at the beginning of a fault's sentence. */
export const monitorTitles = { earlyStopping: 'Early stopping', best: 'The best checkpoint' } as const;

/** Keys of an epoch's metrics: those of training, then those of validation. */
export function monitoredMetrics(metrics: readonly MonitoredMetric[], validates: boolean): readonly MonitoredMetric[] {
  const all: MonitoredMetric[] = [{ name: 'loss', direction: 'min' }, ...metrics];
  return validates ? [...all, ...all.map((metric) => ({ ...metric, name: `val_${metric.name}` }))] : all;
}

/** The direction of a monitor; a fault says what is missing and what to do. */
export function directionOf(
  { monitor, mode }: Monitor,
  metrics: readonly MonitoredMetric[],
): { direction: Direction } | { fault: string } {
  const found = metrics.find(({ name }) => name === monitor);
  if (found === undefined) {
    const missing = monitor.startsWith('val_') && !metrics.some(({ name }) => name.startsWith('val_'));
    const why = missing
      ? ' There are no validation rows: give the validation split a part of the data, or choose another metric.'
      : '';
    return {
      fault: `expected one of the metrics ${metrics.map(({ name }) => name).join(', ')}; received '${monitor}'.${why}`,
    };
  }
  const direction = mode === 'auto' ? found.direction : mode;
  if (direction !== null) return { direction };
  return {
    fault: `expected a direction for '${monitor}', whose formula does not say whether less or more is better; received 'auto'. Choose 'min' or 'max'.`,
  };
}

/**
 * True if a value improves on a reference by more than `minDelta`. A value that is not finite never does; any other
 * improves on null. Keras compares in float32.
 */
export function improves(value: number, reference: number | null, direction: Direction, minDelta = 0): boolean {
  if (!Number.isFinite(value)) return false;
  if (reference === null) return true;
  return direction === 'min'
    ? Math.fround(value + minDelta) < Math.fround(reference)
    : Math.fround(value - minDelta) > Math.fround(reference);
}
