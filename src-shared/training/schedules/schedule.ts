import { z } from 'zod';
import { variablesOf } from '../../expression/expression.ts';
import { parseFormula } from '../../expression/parse.ts';
import { SCHEDULE_VARIABLES } from '../field-schemas/formulas.ts';
import { constant, constantSchema } from './constant.ts';
import { cosineRestarts, cosineRestartsSchema } from './cosine-restarts.ts';
import { cosine, cosineSchema } from './cosine.ts';
import { exponential, exponentialSchema } from './exponential.ts';
import { formula, formulaScheduleSchema } from './formula.ts';
import { oneCycle, oneCycleMomentum, oneCycleSchema } from './one-cycle.ts';
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
  formulaScheduleSchema,
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
  formula,
};

/**
 * The learning rate of one step; depends on the position alone, so a resumed run continues
 * its schedule.
 *
 * @param learningRate The optimizer's: where the schedule begins, or its peak.
 */
export function learningRateAt(learningRate: number, schedule: Schedule, position: SchedulePosition): number {
  const { warmUp } = schedule;
  const { now, begun, time } = timeOf(schedule, position);
  const rate = rateOf(schedule, learningRate, time);
  return warmUp === undefined || now >= begun ? rate : warmUp.from + (rate - warmUp.from) * (now / begun);
}

/** The momentum (or beta1) of one step; null where the optimizer's own holds throughout. */
export function momentumAt(schedule: Schedule, position: SchedulePosition): number | null {
  return schedule.kind === 'oneCycle' ? oneCycleMomentum(schedule, timeOf(schedule, position).time) : null;
}

/** True where the schedule gives each step a momentum. */
export function schedulesMomentum(schedule: Schedule): boolean {
  return schedule.kind === 'oneCycle' && schedule.momentum !== undefined;
}

/** False if the optimizer's learning rate has no effect on the steps from this position on. */
export function usesLearningRate(schedule: Schedule, position: SchedulePosition): boolean {
  switch (schedule.kind) {
    case 'piecewise':
      return timeOf(schedule, position).time.now <= schedule.pieces[0]!.after;
    case 'formula':
      return variablesOf(parseFormula(schedule.formula, SCHEDULE_VARIABLES)).has('initial');
    default:
      return true;
  }
}

/** A position in the schedule's unit, and counted from the end of its warm-up. */
function timeOf(
  { unit, warmUp }: Schedule,
  position: SchedulePosition,
): { now: number; begun: number; time: ScheduleTime } {
  const now = unit === 'step' ? position.step : position.epoch;
  const end = unit === 'step' ? position.totalSteps : position.totalSteps / position.stepsPerEpoch;
  const begun = warmUp?.length ?? 0;
  const time = {
    now: Math.max(0, now - begun),
    end: Math.max(1, end - begun),
    reductions: position.reductions ?? 0,
    position,
  };
  return { now, begun, time };
}

function rateOf<Kind extends ScheduleKind>(
  schedule: ScheduleOf<Kind>,
  learningRate: number,
  time: ScheduleTime,
): number {
  const kind: Kind = schedule.kind;
  return functions[kind](schedule, learningRate, time);
}
