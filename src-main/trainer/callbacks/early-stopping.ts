import { afterEpoch, firstEarlyStopping } from '../../../src-shared/training/callbacks/early-stopping.ts';
import type { EarlyStopping, EarlyStoppingState } from '../../../src-shared/training/callbacks/early-stopping.ts';
import type { MonitoredMetric } from '../../../src-shared/training/callbacks/monitor.ts';
import type { Callback } from './callback.ts';
import { requireDirection } from './monitored.ts';

/** Ends the run when a metric stops improving. @throws AppError 'training/bad-monitor'. */
export function earlyStopping(
  options: EarlyStopping,
  metrics: readonly MonitoredMetric[],
): Callback<EarlyStoppingState | null> {
  const direction = requireDirection('earlyStopping', options, metrics);
  return {
    every: 'epoch',
    on(context, state) {
      const { monitor } = options;
      // A run that is resumed with another metric counts from here.
      const same = state?.monitor === monitor && state.direction === direction;
      const before = same ? state : firstEarlyStopping(options, direction);
      const after = afterEpoch(options, before, context.epoch, context.metrics[monitor] ?? Number.NaN);
      return { state: after, effects: after.stopped ? [{ kind: 'end', by: 'earlyStopping' }] : [] };
    },
  };
}

/**
 * The state of a resumed run: the saved state, or the initial state if early stopping completed the run, as a second
 * call of Keras's `fit` does.
 *
 * @param completed True if early stopping completed the run that is resumed.
 */
export function resumedEarlyStopping(saved: EarlyStoppingState | null, completed: boolean): EarlyStoppingState | null {
  return completed ? null : saved;
}

/** True if a run was interrupted after the epoch that ends it: only its test result is missing. */
export function hasEnded(options: EarlyStopping | undefined, state: EarlyStoppingState | null): boolean {
  return (
    options !== undefined &&
    state !== null &&
    state.stopped &&
    state.monitor === options.monitor &&
    state.wait >= options.patience
  );
}
