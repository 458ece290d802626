import type { Callback } from './callback.ts';

/** A loss that is not finite ends training; another metric is only left out. */
export const endsTraining = (name: string): boolean => name === 'loss' || name === 'val_loss';

/** Ends the run as failed if a loss is NaN or infinite. */
export const stopOnNan: Callback<null> = {
  every: 'call',
  on(context) {
    const values: readonly (readonly [string, number])[] =
      context.at === 'call'
        ? context.losses.map((value) => ['loss', value])
        : Object.entries(context.metrics).filter(([name]) => endsTraining(name));
    const step = values.findIndex(([, value]) => !Number.isFinite(value));
    if (step < 0) return { state: null };
    const [metric, value] = values[step]!;
    return { state: null, effects: [{ kind: 'fail', metric, value, step }] };
  },
};
