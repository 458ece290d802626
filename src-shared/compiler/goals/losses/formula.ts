import { emitExpression } from '../../../expression/emit.ts';
import { parseFormula } from '../../../expression/parse.ts';
import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { showShape, ShapeError } from '../../../program/language/shape.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { GOAL_VARIABLES } from '../../../training/field-schemas/formulas.ts';
import type { LossRule } from './loss.ts';

/** The mean of the formula over an example's values, as Keras does for a custom loss function. */
export const formulaLoss: LossRule<'formula'> = ({ builder, prediction, targets }, { formula }) =>
  meanOfFormula(builder, formula, targets, prediction);

/**
 * @param targets float32 [N, units].
 * @param prediction float32 [N, units].
 * @returns float32 [N]: the mean over each example's values.
 * @throws ShapeError if the formula does not give a value for each example.
 */
export function meanOfFormula(
  builder: ProgramBuilder,
  formula: string,
  targets: ValueId,
  prediction: ValueId,
): ValueId {
  const scope = new Map([
    ['y_true', targets],
    ['y_pred', prediction],
  ]);
  const values = emitExpression(builder, parseFormula(formula, GOAL_VARIABLES), scope);
  const shape = builder.shapeOf(values);
  if (shape.length === 2 && shape[0] === null) return builder.reduceMean(values, [1]);
  throw new ShapeError(
    `Expected values for each example; received ${showShape(shape)} from ${formula}. Use y_pred in it.`,
  );
}
