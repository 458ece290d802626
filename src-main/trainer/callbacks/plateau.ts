import { afterEpoch } from '../../../src-shared/training/schedules/performance.ts';
import type { Plateau } from '../../../src-shared/training/schedules/performance.ts';
import type { ScheduleOf } from '../../../src-shared/training/schedules/schedule.ts';
import type { Callback } from './callback.ts';
import { usualLoss } from './monitored.ts';

/** Counts the reductions of a performance schedule. */
export function plateau(schedule: ScheduleOf<'performance'>): Callback<Plateau> {
  return {
    every: 'epoch',
    on(context, state) {
      const { metrics } = context;
      return { state: afterEpoch(schedule, state, usualLoss(metrics)) };
    },
  };
}
