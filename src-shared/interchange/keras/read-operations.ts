import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { INPUT_NAMES } from '../../layers/parameters/layer-formula.ts';
import { isOfApplications } from './application-layers.ts';
import { tensorsInValue } from './read-calls.ts';
import type { CallArguments, CallValue, Reference } from './read-calls.ts';
import { isModel, listOf, objectOf, textOf } from './generations/unchecked-json.ts';
import type { JsonObject } from './generations/unchecked-json.ts';

/** Operations on tensors that Keras writes as layers of a model, `x * 0.5 + 1` for example. */

/** Keras 3 by class, tf.keras by function without its module; operands are a and b. */
const FORMULAS: Readonly<Record<string, string>> = {
  add: 'a + b',
  subtract: 'a - b',
  multiply: 'a * b',
  divide: 'a / b',
  truedivide: 'a / b',
  truediv: 'a / b',
  power: 'a ^ b',
  pow: 'a ^ b',
  maximum: 'max(a, b)',
  minimum: 'min(a, b)',
  negative: '-a',
  absolute: 'abs(a)',
  abs: 'abs(a)',
  exp: 'exp(a)',
  log: 'log(a)',
  log1p: 'log1p(a)',
  sqrt: 'sqrt(a)',
  square: 'square(a)',
  sign: 'sign(a)',
  floor: 'floor(a)',
  ceil: 'ceil(a)',
  sin: 'sin(a)',
  cos: 'cos(a)',
  tanh: 'tanh(a)',
  sigmoid: 'sigmoid(a)',
  relu: 'relu(a)',
  relu6: 'min(relu(a), 6)',
  silu: 'a * sigmoid(a)',
  softplus: 'softplus(a)',
};

/** Keyword arguments that are operands, in order; all others must be null. */
const OPERANDS: readonly string[] = ['x', 'x1', 'a', 'features', 'x2', 'y', 'b'];

/** The name of an operation, in lower case: 'multiply'; null for a layer. */
export function operationOf(layer: JsonObject): string | null {
  const className = textOf(layer['class_name']) ?? '';
  if (isScaledSum(layer, className)) return SCALED_SUM;
  if (/^keras\.(src\.)?ops\b/.test(textOf(layer['module']) ?? '') || isOperationInHdf5(layer, className)) {
    return className.toLowerCase();
  }
  if (className !== 'TFOpLambda') return null;
  const name = textOf(objectOf(layer['config'])?.['function']) ?? '';
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}

/** `a + scale * b`, which Inception-ResNet of `keras.applications` has as a layer. */
const SCALED_SUM = 'customscalelayer';

function isScaledSum(layer: JsonObject, className: string): boolean {
  const config = objectOf(layer['config']) ?? {};
  return (
    /^(Custom>)?CustomScaleLayer$/.test(className) && isOfApplications(layer) && typeof config['scale'] === 'number'
  );
}

/** Keras 3 writes no modules to HDF5. Its layers have `trainable` there; operations do not. */
function isOperationInHdf5(layer: JsonObject, className: string): boolean {
  const config = objectOf(layer['config']) ?? {};
  const calls = listOf(layer['inbound_nodes']);
  const isOfKeras3 = calls.length > 0 && calls.every((call) => objectOf(call)?.['args'] !== undefined);
  if (!isOfKeras3 || layer['module'] !== undefined || 'trainable' in config || isModel(className)) return false;
  // Some layers have the names of operations, but get all their inputs as one list.
  if (!layerCatalog.has(className)) return className !== 'InputLayer';
  const takesSeveral = calls.some((call) => listOf(objectOf(call)?.['args']).length > 1);
  return takesSeveral && Object.hasOwn(FORMULAS, className.toLowerCase());
}

export interface OperationFormula {
  readonly formula: string;
  readonly inputs: readonly Reference[];
}

/**
 * The formula of a call of an operation; null where it cannot be expressed.
 * @param rankOf Number of axes of a tensor; null: unknown.
 */
export function operationFormula(
  operation: string,
  { positional, keywords }: CallArguments,
  config: JsonObject,
  rankOf: (tensor: Reference) => number | null,
): OperationFormula | null {
  if (operation === SCALED_SUM) return scaledSum(positional, config, rankOf);
  const formula = Object.hasOwn(FORMULAS, operation) ? FORMULAS[operation]! : null;
  const others = Object.entries(config).filter(([key]) => !['name', 'trainable', 'dtype', 'function'].includes(key));
  const named = Object.entries(keywords).filter(([, value]) => !('constant' in value && value.constant === null));
  const isKnown = named.every(([key]) => OPERANDS.includes(key)) && others.every(([, value]) => value === null);
  if (formula === null || !isKnown) return null;
  const operands = [...positional, ...OPERANDS.flatMap((key) => keywords[key] ?? [])];
  const wanted = /\bb\b/.test(formula) ? 2 : 1;
  if (operands.length !== wanted) return null;
  const inputs: Reference[] = [];
  const terms = operands.map((operand) => term(operand, inputs));
  if (terms.includes(null) || inputs.length === 0 || !alike(inputs.map(rankOf))) return null;
  return { formula: formula.replace(/\b[ab]\b/g, (name) => terms[name === 'a' ? 0 : 1]!), inputs };
}

/** @param positional One list of two tensors. */
function scaledSum(
  positional: readonly CallValue[],
  { scale }: JsonObject,
  rankOf: (tensor: Reference) => number | null,
): OperationFormula | null {
  const inputs = positional.flatMap(tensorsInValue);
  if (inputs.length !== 2 || !alike(inputs.map(rankOf))) return null;
  if (typeof scale !== 'number' || !Number.isFinite(scale)) return null;
  return { formula: `a + b * ${scale < 0 ? `(${scale})` : scale}`, inputs };
}

/** A number, or the name of an input, which is added to `inputs`. */
function term(operand: CallValue, inputs: Reference[]): string | null {
  if ('tensor' in operand) return INPUT_NAMES[inputs.push(operand.tensor) - 1] ?? null;
  if (!('constant' in operand) || typeof operand.constant !== 'number' || !Number.isFinite(operand.constant))
    return null;
  return operand.constant < 0 ? `(${operand.constant})` : String(operand.constant);
}

/** Whether tensors have the same number of axes. Otherwise a Formula broadcasts differently from NumPy. */
function alike([first, ...others]: readonly (number | null)[]): boolean {
  return others.every((rank) => rank !== null && rank === first);
}
