import type { JsonValue } from '../../document/schema/model-document.ts';
import { emitExpression } from '../../expression/emit.ts';
import { variablesOf } from '../../expression/expression.ts';
import { formulaFault, parseFormula } from '../../expression/parse.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { showShape, sameShape, ShapeError } from '../../program/language/shape.ts';
import type { ValueId } from '../../program/language/types.ts';

/** An activation of a person's own: `{ "formula": "x * sigmoid(x)" }`. */
export interface FormulaActivation {
  readonly formula: string;
}

/** What a formula of an activation may speak of. */
export const ACTIVATION_VARIABLES: readonly string[] = ['x'];

export function isFormulaActivation(value: unknown): value is FormulaActivation {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).join() === 'formula' && 'formula' in value && typeof value.formula === 'string';
}

/** Null, or what is wrong with a formula of x. */
export function activationFormulaFault(formula: string): string | null {
  const fault = formulaFault(formula, ACTIVATION_VARIABLES);
  if (fault !== null) return fault.message;
  if (variablesOf(parseFormula(formula, ACTIVATION_VARIABLES)).size > 0) return null;
  return 'expected x in the formula; received none. Write x where the value stands.';
}

/** @throws ShapeError where the formula makes values of another shape. */
export function emitFormulaActivation(builder: ProgramBuilder, { formula }: FormulaActivation, x: ValueId): ValueId {
  const expression = parseFormula(formula, ACTIVATION_VARIABLES);
  const y = emitExpression(builder, expression, new Map([['x', x]]));
  if (sameShape(builder.shapeOf(y), builder.shapeOf(x))) return y;
  throw new ShapeError(
    `Expected an activation that keeps the shape ${showShape(builder.shapeOf(x))}; received ${showShape(builder.shapeOf(y))} from ${formula}. Use a Formula layer for that.`,
  );
}

/** An activation for the node's card: its name, or its formula. */
export function activationText(value: JsonValue | undefined): string {
  return isFormulaActivation(value) ? value.formula : String(value);
}
