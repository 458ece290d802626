import type { OpAttributes, OpName, TensorType } from '../language/types.ts';
import { ShapeError } from '../language/shape.ts';
import { elementwiseShapes } from './elementwise-shapes.ts';
import { neuralShapes } from './neural-shapes.ts';
import { optimizerShapes } from './optimizer-shapes.ts';
import { productShapes } from './product-shapes.ts';
import { scanShapes } from './scan-shapes.ts';
import type { ShapeRule, ShapeRules } from './shape-rule.ts';
import { shapeOpShapes } from './shape-shapes.ts';
import { sourceShapes } from './source-shapes.ts';

/** One shape rule per operation; the type proves that none is missing. */
export const shapeRules: ShapeRules<OpName> = {
  ...sourceShapes,
  ...elementwiseShapes,
  ...productShapes,
  ...shapeOpShapes,
  ...scanShapes,
  ...neuralShapes,
  ...optimizerShapes,
};

/**
 * Output types of one operation.
 * @throws ShapeError that names the operation if the inputs do not fit.
 */
export function inferTypes<Name extends OpName>(
  op: Name,
  attributes: OpAttributes[Name],
  inputs: readonly TensorType[],
): readonly TensorType[] {
  const rule: ShapeRule<Name> = shapeRules[op];
  if (rule.inputs === null ? inputs.length === 0 : inputs.length !== rule.inputs) {
    throw new ShapeError(`${op}: Expected ${rule.inputs ?? 'at least 1'} inputs; received ${inputs.length}.`);
  }
  try {
    return rule.infer(attributes, ...inputs);
  } catch (error) {
    if (error instanceof ShapeError) throw new ShapeError(`${op}: ${error.message}`);
    throw error;
  }
}
