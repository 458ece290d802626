import type { JsonValue } from '../../document/schema/model-document.ts';
import { constants } from '../../expression/expression.ts';
import { isFunctionName } from '../../expression/functions.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** The formula of a Formula layer, over its inputs and parameters; the layer checks it, since it knows the inputs. */
export interface FormulaType {
  readonly kind: 'formula';
}

export const formula: ParameterKind<FormulaType> = {
  fault: (_, value) => (typeof value === 'string' ? null : 'a formula'),
  field: () => ({ input: 'formula' }),
  single: true,
};

/** Parameters of a Formula layer that train. */
export interface FormulaParametersType {
  readonly kind: 'formulaParameters';
}

export const formulaParameters: ParameterKind<FormulaParametersType> = {
  fault: (_, value) => formulaParametersFault(value),
  field: () => ({ input: 'formulaParameters' }),
  toKeras: () => null,
  single: true,
};

/** A parameter of a Formula layer that trains, as Swish's beta or PReLU's alpha. */
export interface FormulaParameter {
  readonly name: string;
  /** Value before training. */
  readonly initial: number;
  /** One for each value along the last axis, in place of one for the layer. */
  readonly perValue: boolean;
}

export const MAX_FORMULA_PARAMETERS = 16;
const LIMIT = 1e6;

/**
 * Inputs of a Formula layer in the order of its connections. Without e, which is Euler's number;
 * the first may be called x too.
 */
export const INPUT_NAMES: readonly string[] = [...'abcdfghi'];
const RESERVED: ReadonlySet<string> = new Set([...INPUT_NAMES, 'x', 'and', 'or', 'not', ...Object.keys(constants)]);

/** Names that a formula over this many inputs may use. */
export function formulaVariables(inputs: number, parameters: readonly FormulaParameter[]): string[] {
  return ['x', ...INPUT_NAMES.slice(0, inputs), ...parameters.map(({ name }) => name)];
}

/** Null, or why a parameter cannot have this name. */
export function parameterNameFault(name: string): string | null {
  if (!/^[A-Za-z_]\w{0,30}$/.test(name)) return 'letters, digits and _, with a letter first';
  return RESERVED.has(name) || isFunctionName(name) ? `a name that no input, number or function has` : null;
}

/** Null, or what the 'parameters' of a Formula layer should be. */
export function formulaParametersFault(value: JsonValue): string | null {
  if (!Array.isArray(value) || value.length > MAX_FORMULA_PARAMETERS) {
    return `a list of at most ${MAX_FORMULA_PARAMETERS} parameters`;
  }
  const names = new Set<string>();
  for (const entry of value) {
    if (!isParameter(entry)) return 'a list of { "name", "initial" and "perValue" }, initial a number within a million';
    const fault = parameterNameFault(entry.name);
    if (fault !== null) return `a list of parameters, the name of each being ${fault}`;
    names.add(entry.name);
  }
  return names.size === value.length ? null : 'a list of parameters with different names';
}

/** A checked 'formulaParameters' value. */
export function formulaParametersOf(value: JsonValue | undefined): readonly FormulaParameter[] {
  return value as unknown as readonly FormulaParameter[];
}

function isParameter(entry: JsonValue): entry is { name: string; initial: number; perValue: boolean } {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return false;
  const { name, initial, perValue, ...rest } = entry;
  if (typeof name !== 'string' || typeof perValue !== 'boolean' || Object.keys(rest).length > 0) return false;
  return typeof initial === 'number' && Math.abs(initial) <= LIMIT;
}
