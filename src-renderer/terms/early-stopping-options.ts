import { earlyStoppingSchema, type EarlyStopping } from '../../src-shared/training/callbacks/early-stopping.ts';
import type { MonitoredMetric } from '../../src-shared/training/callbacks/monitor.ts';
import { formatCountOf } from '../ui/format/numbers.ts';

/** Patience of early stopping that is switched on; Keras's 0 would end most runs within a few epochs. */
const PATIENCE = 10;

/** Early stopping as it is switched on: by the validation loss, or the loss where nothing is validated. */
export function presetEarlyStopping(validates: boolean): EarlyStopping {
  return earlyStoppingSchema.parse({ monitor: validates ? 'val_loss' : 'loss', patience: PATIENCE });
}

export const earlyStoppingTerms = {
  earlyStopping:
    'Ends training when a metric has stopped improving, before the model only memorizes its training rows.',
  monitor: 'The metric that is compared at the end of each epoch.',
  patience: 'Number of epochs without improvement after which training stops.',
  mode: 'Whether a lower or a higher value is an improvement.',
  minDelta: 'Minimum change of the metric that counts as an improvement.',
  startFromEpoch: 'Number of epochs to wait before the metric is monitored.',
  baseline: 'Training stops if the metric does not become better than this value within the patience.',
  restoreBestWeights: 'Test, prediction and export use the weights of the best epoch. Off: of the last epoch.',
  best: 'The metric that decides which epoch is the best. The weights of that epoch are kept.',
} as const;

/** Metrics to choose from, those of validation first. */
export function monitorOrder(metrics: readonly MonitoredMetric[]): string[] {
  const names = metrics.map(({ name }) => name);
  return [...names.filter((name) => name.startsWith('val_')), ...names.filter((name) => !name.startsWith('val_'))];
}

/** 'after 10 epochs without a better validation loss'. @param label Of the metric. */
export function earlyStoppingWords({ patience }: EarlyStopping, label: string): string {
  return `after ${formatCountOf(Math.max(1, patience), 'epoch')} without a better ${label}`;
}
