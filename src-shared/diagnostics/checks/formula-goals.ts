import { ProgramBuilder } from '../../program/builder/builder.ts';
import { ShapeError } from '../../program/language/shape.ts';
import { reachedBy } from './gradient-reach.ts';
import { meanOfFormula } from '../../compiler/goals/losses/formula.ts';

/** Null, or why a formula is no metric of predictions [N, units]. */
export function formulaMetricFault(formula: string, units: number): string | null {
  return faultOf(formula, units, false);
}

/** Null, or why a formula is no loss of predictions [N, units]: it must change with them, too. */
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
    return `Expected a formula that changes smoothly with y_pred; received ${formula}, whose gradient is 0 everywhere. Use y_pred without floor, sign or comparisons.`;
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    throw error;
  }
}
