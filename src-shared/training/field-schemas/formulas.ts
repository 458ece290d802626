import { z } from 'zod';
import { formulaFault } from '../../expression/parse.ts';

/** What formulas of losses and metrics may speak of: targets and predictions of each example. */
export const GOAL_VARIABLES: readonly string[] = ['y_true', 'y_pred'];

/** What formulas of schedules may speak of. */
export const SCHEDULE_VARIABLES: readonly string[] = [
  'step',
  'epoch',
  'total_steps',
  'steps_per_epoch',
  'epochs',
  'initial',
];

/** A formula over some variables, as text. */
export function formulaSchema(variables: readonly string[]): z.ZodType<string, string> {
  return z.string().superRefine((formula, context) => {
    const fault = formulaFault(formula, variables);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault.message });
  });
}
