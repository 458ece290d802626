import type { JsonValue } from '../../document/schema/model-document.ts';
import { parseFormula } from '../../expression/parse.ts';
import { constraintArguments } from '../../layers/weights/constraint.ts';
import { ACTIVATION_VARIABLES, isFormulaActivation } from '../../layers/parameters/formula-activation.ts';
import { initializerArguments } from '../../layers/weights/initializer.ts';
import type { ParameterSpec } from '../../layers/definition/layer.ts';
import { marginsOf } from '../../layers/kinds/shape/margins.ts';
import { resolveNamed } from '../../layers/weights/named-arguments.ts';
import type { ArgumentTable, Named } from '../../layers/weights/named-arguments.ts';
import { regularizerArguments } from '../../layers/weights/regularizer.ts';
import { pascal, snake } from './arguments.ts';
import { formulaToPython } from './formula-to-python.ts';
import type { KerasObject, KerasValue } from './keras-model.ts';

/** Keras's class names that are not the name with a capital. */
const classNames: Readonly<Record<string, string>> = {
  'regularizer l1l2': 'L1L2',
  'regularizer orthogonal': 'OrthogonalRegularizer',
};

const tables = {
  initializer: { table: initializerArguments, module: 'initializers' },
  regularizer: { table: regularizerArguments, module: 'regularizers' },
  constraint: { table: constraintArguments, module: 'constraints' },
} as const;

/** Activations that Keras has only as an expression. */
const expressions: Readonly<Record<string, string>> = {
  step: 'lambda x: keras.ops.cast(x >= 0, "float32")',
  geluApproximate: 'lambda x: keras.activations.gelu(x, approximate=True)',
};

/** A checked parameter as Keras writes it. @param kind Of the layer. @returns Null where Keras has no word for it. */
export function valueToKeras(kind: string, spec: ParameterSpec, value: JsonValue): KerasValue {
  if (value === null) return null;
  const type = spec.type.kind;
  if (type === 'initializer' && typeof value === 'string') return snake(value);
  if (type === 'initializer' || type === 'regularizer' || type === 'constraint') return namedToKeras(type, value);
  if (/^(ZeroPadding|Cropping)[23]D$/.test(kind)) return marginsOf(value, kind.includes('3') ? 3 : 2);
  if (type === 'formula') return value as string;
  if (type === 'formulaParameters') return null;
  if (typeof value === 'string')
    return spec.name.toLowerCase().endsWith('activation') ? activation(value) : snake(value);
  if (isFormulaActivation(value)) return { python: `lambda x: ${activationPython(value.formula)}` };
  if (typeof value === 'object' && !Array.isArray(value)) return null;
  return value as KerasValue;
}

function activationPython(formula: string): string {
  return formulaToPython(parseFormula(formula, ACTIVATION_VARIABLES), new Map([['x', 'x']]));
}

function activation(name: string): KerasValue {
  const python = expressions[name];
  return python === undefined ? snake(name) : { python };
}

function namedToKeras(kind: keyof typeof tables, value: JsonValue): KerasObject {
  const { table, module } = tables[kind];
  // Checked parameters are names of their table.
  const { name, values } = resolveNamed(table as ArgumentTable<string>, value as Named<string>);
  const config = Object.entries(values).map(([key, argument]) => [
    snake(key),
    typeof argument === 'string' ? snake(argument) : argument,
  ]);
  const className = classNames[`${kind} ${name}`] ?? pascal(name);
  return { module, className, config: Object.fromEntries(config) };
}
