import { LARGEST } from '../field-schemas/float32.ts';
import { learningRateAt } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/** Largest number of steps that are checked. */
const LOOKS = 10_000;

/**
 * Null, or where in the run a schedule gives no learning rate that float32 holds: a formula can
 * do so, and a rate that grows. Expected, received, what to do.
 *
 * @param totalSteps Steps of the whole run.
 */
export function scheduleFault(
  schedule: Schedule,
  learningRate: number,
  totalSteps: number,
  stepsPerEpoch: number,
): string | null {
  // Its rate falls where the loss does not, and never grows.
  if (schedule.kind === 'performance') return null;
  const stride = Math.max(1, Math.ceil(totalSteps / LOOKS));
  for (let step = 0; step < totalSteps; step += stride) {
    const epoch = Math.floor(step / stepsPerEpoch);
    const rate = learningRateAt(learningRate, schedule, { step, epoch, totalSteps, stepsPerEpoch });
    if (rate >= 0 && rate <= LARGEST) continue;
    const [from, remedy] =
      schedule.kind === 'formula'
        ? [` from ${schedule.formula}`, 'Change the formula, for instance with max(…, 0).']
        : ['', 'Change the settings of the schedule, or train for fewer epochs.'];
    return `The schedule expected a learning rate from 0 to ${LARGEST.toPrecision(2)} at every step; received ${rate} at step ${step} (epoch ${epoch})${from}. ${remedy}`;
  }
  return null;
}
