import { ProgramBuilder } from '../../program/builder/builder.ts';
import { ShapeError } from '../../program/language/shape.ts';
import { reachedBy } from './gradient-reach.ts';
import { meanOfFormula } from '../../compiler/goals/losses/formula.ts';

/** Why a formula is not a metric for predictions [N, units]; null if it is. */
export function formulaMetricFault(formula: string, units: number): string | null {
  return faultOf(formula, units, false);
}

/** Why a formula is not a loss for predictions [N, units]; null if it is. A loss must have a gradient. */
export function formulaLossFault(formula: string, units: number): string | null {
  return faultOf(formula, units, true);
}

function faultOf(formula: string, units: number, needsGradient: boolean): string | null {
  const builder = new ProgramBuilder();
  const targets = builder.input('y_true', 'float32', [null, units]);
  const prediction = builder.input('y_pred', 'float32', [null, units]);
  try {
    const loss = meanOfFormula(builder, formula, targets, prediction);
    if (!needsGradient || reachedBy(builder, [loss]).has(prediction)) return null;
    return `Expected a formula with a gradient for y_pred; received ${formula}, whose gradient is 0 everywhere. Use y_pred without floor, sign or comparisons.`;
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    throw error;
  }
}
