import { z } from 'zod';
import { evaluate } from '../../expression/evaluate.ts';
import type { Expression } from '../../expression/expression.ts';
import { parseFormula } from '../../expression/parse.ts';
import { formulaSchema, SCHEDULE_VARIABLES } from '../field-schemas/formulas.ts';
import { scheduleTimeFields } from './time.ts';
import type { SchedulePosition, ScheduleTime } from './time.ts';

export const formulaScheduleSchema = z.object({
  kind: z.literal('formula'),
  ...scheduleTimeFields,
  formula: formulaSchema(SCHEDULE_VARIABLES),
});
type FormulaSchedule = z.infer<typeof formulaScheduleSchema>;

/** Formulas as they were read, so that a run does not read one at every step. */
const read = new WeakMap<FormulaSchedule, Expression>();

/**
 * The formula at the run's position: `step` and `epoch` counted from 0, `initial` the optimizer's
 * learning rate. In epochs, `step` is the epoch's first.
 */
export function formula(schedule: FormulaSchedule, initial: number, { position }: ScheduleTime): number {
  const expression = read.get(schedule) ?? parseFormula(schedule.formula, SCHEDULE_VARIABLES);
  read.set(schedule, expression);
  return evaluate(expression, variablesAt(schedule, initial, position));
}

function variablesAt(
  { unit }: FormulaSchedule,
  initial: number,
  { step, epoch, totalSteps, stepsPerEpoch }: SchedulePosition,
): ReadonlyMap<string, number> {
  return new Map([
    ['step', unit === 'step' ? step : epoch * stepsPerEpoch],
    ['epoch', epoch],
    ['total_steps', totalSteps],
    ['steps_per_epoch', stepsPerEpoch],
    ['epochs', totalSteps / stepsPerEpoch],
    ['initial', initial],
  ]);
}
