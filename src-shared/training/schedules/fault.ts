import { learningRateAt } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/** At most so many steps of a run are looked at. */
const LOOKS = 10_000;

/**
 * Null, or where in the run a schedule gives no learning rate, which a formula can do:
 * expected, received, what to do.
 *
 * @param totalSteps Steps of the whole run.
 */
export function scheduleFault(
  schedule: Schedule,
  learningRate: number,
  totalSteps: number,
  stepsPerEpoch: number,
): string | null {
  if (schedule.kind !== 'formula') return null;
  const stride = Math.max(1, Math.ceil(totalSteps / LOOKS));
  for (let step = 0; step < totalSteps; step += stride) {
    const epoch = Math.floor(step / stepsPerEpoch);
    const rate = learningRateAt(learningRate, schedule, { step, epoch, totalSteps, stepsPerEpoch });
    if (Number.isFinite(rate) && rate >= 0) continue;
    return `The schedule expected a learning rate of 0 or more at every step; received ${rate} at step ${step} (epoch ${epoch}) from ${schedule.formula}. Change the formula, for instance with max(…, 0).`;
  }
  return null;
}
