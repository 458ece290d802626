import { z } from 'zod';
import { constant, constantSchema } from './constant.ts';
import { cosineRestarts, cosineRestartsSchema } from './cosine-restarts.ts';
import { cosine, cosineSchema } from './cosine.ts';
import { exponential, exponentialSchema } from './exponential.ts';
import { oneCycle, oneCycleSchema } from './one-cycle.ts';
import { piecewise, piecewiseSchema } from './piecewise.ts';
import { polynomial, polynomialSchema } from './polynomial.ts';
import { power, powerSchema } from './power.ts';
import type { SchedulePosition, ScheduleTime } from './time.ts';

export const scheduleSchema = z.discriminatedUnion('kind', [
  constantSchema,
  powerSchema,
  exponentialSchema,
  piecewiseSchema,
  polynomialSchema,
  cosineSchema,
  cosineRestartsSchema,
  oneCycleSchema,
]);

/** How the learning rate changes over a run. */
export type Schedule = z.infer<typeof scheduleSchema>;
export type ScheduleKind = Schedule['kind'];
export type ScheduleOf<Kind extends ScheduleKind> = Extract<Schedule, { kind: Kind }>;

type ScheduleFunction<Kind extends ScheduleKind> = (
  schedule: ScheduleOf<Kind>,
  learningRate: number,
  time: ScheduleTime,
) => number;

const functions: { readonly [Kind in ScheduleKind]: ScheduleFunction<Kind> } = {
  constant,
  power,
  exponential,
  piecewise,
  polynomial,
  cosine,
  cosineRestarts,
  oneCycle,
};

/**
 * The learning rate of one step; depends on the position alone, so a resumed run continues
 * its schedule.
 *
 * @param learningRate The optimizer's: where the schedule begins, or its peak.
 */
export function learningRateAt(learningRate: number, schedule: Schedule, position: SchedulePosition): number {
  const { unit, warmUp } = schedule;
  const now = unit === 'step' ? position.step : position.epoch;
  const end = unit === 'step' ? position.totalSteps : position.totalSteps / position.stepsPerEpoch;
  const begun = warmUp?.length ?? 0;
  if (warmUp !== undefined && now < begun) {
    const target = rateOf(schedule, learningRate, { now: 0, end: Math.max(1, end - begun) });
    return warmUp.from + (target - warmUp.from) * (now / begun);
  }
  return rateOf(schedule, learningRate, { now: now - begun, end: Math.max(1, end - begun) });
}

function rateOf<Kind extends ScheduleKind>(
  schedule: ScheduleOf<Kind>,
  learningRate: number,
  time: ScheduleTime,
): number {
  const kind: Kind = schedule.kind;
  return functions[kind](schedule, learningRate, time);
}
