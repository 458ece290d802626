import { z } from 'zod';
import { constant, constantSchema } from './constant.ts';
import { cosineRestarts, cosineRestartsSchema } from './cosine-restarts.ts';
import { cosine, cosineSchema } from './cosine.ts';
import { exponential, exponentialSchema } from './exponential.ts';
import { oneCycle, oneCycleSchema } from './one-cycle.ts';
import { performance, performanceSchema } from './performance.ts';
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
  performanceSchema,
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
  performance,
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
  const time = { now: Math.max(0, now - begun), end: Math.max(1, end - begun), reductions: position.reductions ?? 0 };
  const rate = rateOf(schedule, learningRate, time);
  return warmUp === undefined || now >= begun ? rate : warmUp.from + (rate - warmUp.from) * (now / begun);
}

function rateOf<Kind extends ScheduleKind>(
  schedule: ScheduleOf<Kind>,
  learningRate: number,
  time: ScheduleTime,
): number {
  const kind: Kind = schedule.kind;
  return functions[kind](schedule, learningRate, time);
}
