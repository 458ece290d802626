import { bestRule, isBest } from '../../../src-shared/training/callbacks/best-epoch.ts';
import type { BestEpochState } from '../../../src-shared/training/callbacks/best-epoch.ts';
import type { MonitoredMetric } from '../../../src-shared/training/callbacks/monitor.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import type { BestCheckpoint } from '../../training-protocol/protocol.ts';
import type { Callback } from './callback.ts';
import { requireDirection, usualLoss } from './monitored.ts';

type Settings = Pick<TrainingConfiguration, 'best' | 'earlyStopping'>;

/** Marks each epoch that is the best so far. @throws AppError 'training/bad-monitor'. */
export function bestEpoch(settings: Settings, metrics: readonly MonitoredMetric[]): Callback<BestEpochState> {
  const rule = bestRule(settings);
  const direction =
    rule === null
      ? 'min'
      : requireDirection(settings.best === undefined ? 'earlyStopping' : 'best', rule.monitor, metrics);
  return {
    every: 'epoch',
    on(context, state) {
      const { epoch } = context;
      const value = valueOf(settings, context.metrics);
      const best = rule === null ? state === null || value < state.value : isBest(rule, state, epoch, value, direction);
      if (!best) return { state };
      return { state: { epoch, value, monitor: rule?.monitor.monitor ?? null }, effects: [{ kind: 'best' }] };
    },
  };
}

/** The state of a resumed run: the saved one, or, where that is of another epoch or metric, the best checkpoint's. */
export function resumedBestEpoch(
  settings: Settings,
  saved: BestEpochState,
  best: BestCheckpoint | null,
): BestEpochState {
  const monitor = bestRule(settings)?.monitor.monitor ?? null;
  if (saved?.epoch === best?.epoch && (saved?.monitor ?? null) === monitor) return saved;
  const value = best === null ? Number.NaN : valueOf(settings, best.metrics);
  return best === null || !Number.isFinite(value) ? null : { epoch: best.epoch, value, monitor };
}

/** Value of the metric that decides; NaN: none. */
function valueOf(settings: Settings, metrics: Readonly<Record<string, number>>): number {
  const rule = bestRule(settings);
  if (rule !== null) return metrics[rule.monitor.monitor] ?? Number.NaN;
  return usualLoss(metrics);
}
