import type { JsonValue } from '../../document/schema/model-document.ts';
import { emitExpression } from '../../expression/emit.ts';
import { variablesOf } from '../../expression/expression.ts';
import { formulaFault, parseFormula } from '../../expression/parse.ts';
import { formulaToPython } from '../../expression/python.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { showShape, sameShape, ShapeError } from '../../program/language/shape.ts';
import type { ValueId } from '../../program/language/types.ts';
import { ownValue } from '../../text/own-value.ts';
import { optionFault } from './choice.ts';
import { snake } from './keras-value.ts';
import { optionWords, readKeras } from './parameter-kind.ts';
import type { Option, ParameterKind } from './parameter-kind.ts';

/** An activation that a formula defines: `{ "formula": "x * sigmoid(x)" }`. */
export interface FormulaActivation {
  readonly formula: string;
}

/** Variables of an activation's formula. */
export const ACTIVATION_VARIABLES: readonly string[] = ['x'];

export function isFormulaActivation(value: unknown): value is FormulaActivation {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).join() === 'formula' && 'formula' in value && typeof value.formula === 'string';
}

/** Null, or what is wrong with a formula of x. */
function activationFormulaFault(formula: string): string | null {
  const fault = formulaFault(formula, ACTIVATION_VARIABLES);
  if (fault !== null) return fault.message;
  if (variablesOf(parseFormula(formula, ACTIVATION_VARIABLES)).size > 0) return null;
  return 'expected x in the formula; received none. Write x for the value of the layer.';
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

/** One of the options, or `{ "formula": … }` of x. */
export interface ActivationType {
  readonly kind: 'activation';
  readonly options: readonly Option[];
}

/** Keras's other names. */
const otherNames = { swish: 'silu', hardSwish: 'hardSilu', geluNew: 'geluApproximate', celu: 'elu' };

/** Keras's activations that are not an option here, with their default arguments. */
const otherFormulas: Readonly<Record<string, string>> = {
  hardTanh: 'clip(x, -1, 1)',
  logSigmoid: '-softplus(-x)',
  tanhShrink: 'x - tanh(x)',
  squareplus: '(x + sqrt(x^2 + 4)) / 2',
  hardShrink: 'where(abs(x) > 0.5, x, 0)',
  softShrink: 'relu(x - 0.5) - relu(-x - 0.5)',
  sparsePlus: 'where(x <= -1, 0, where(x >= 1, x, 0.25 * (x + 1)^2))',
};

/** Activations that Keras has only as an expression. */
const expressions: Readonly<Record<string, string>> = {
  step: 'lambda x: keras.ops.cast(x >= 0, "float32")',
  geluApproximate: 'lambda x: keras.activations.gelu(x, approximate=True)',
};

export const activation: ParameterKind<ActivationType> = {
  fault({ options }, value) {
    if (isFormulaActivation(value)) {
      const fault = activationFormulaFault(value.formula);
      return fault === null ? null : `a formula of x (${fault})`;
    }
    const fault = optionFault(options, value);
    return fault === null ? null : `${fault}, or a formula of x`;
  },
  field: ({ options }) => ({ input: 'activation', options }),
  words: ({ options }, value) => optionWords(options, value),
  toKeras(_, value) {
    if (isFormulaActivation(value)) {
      const expression = parseFormula(value.formula, ACTIVATION_VARIABLES);
      return { python: `lambda x: ${formulaToPython(expression, new Map([['x', 'x']]))}` };
    }
    const name = String(value);
    const python = expressions[name];
    return python === undefined ? snake(name) : { python };
  },
  fromKeras(_, value) {
    if (value === null) return 'linear';
    if (isFormulaActivation(value)) return { formula: value.formula };
    const name = readKeras(value, otherNames);
    const formula = typeof name === 'string' ? ownValue(otherFormulas, name) : undefined;
    return formula === undefined ? name : { formula };
  },
};

/** An activation for the node's card: its name, or its formula. */
export function activationText(value: JsonValue | undefined): string {
  return isFormulaActivation(value) ? value.formula : String(value);
}
