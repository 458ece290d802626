import type { JsonValue } from '../../document/schema/model-document.ts';
import { ownValue } from '../../text/own-value.ts';
import { constraintArguments, constraintFormulas } from '../weights/constraint.ts';
import { initializerArguments } from '../weights/initializer.ts';
import { namedExpectation, resolveNamed } from '../weights/named-arguments.ts';
import type { ArgumentTable, Named } from '../weights/named-arguments.ts';
import { regularizerArguments, regularizerFormulas } from '../weights/regularizer.ts';
import { camel, pascal, snake, uncapitalized } from './keras-value.ts';
import type { KerasValue } from './keras-value.ts';
import { readKeras } from './parameter-kind.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** A name, or an object of a name and its arguments. */
export interface InitializerType {
  readonly kind: 'initializer';
}

/** Null, a name, or an object of a name and its arguments. */
export interface RegularizerType {
  readonly kind: 'regularizer';
}

/** Null, a name, or an object of a name and its arguments. */
export interface ConstraintType {
  readonly kind: 'constraint';
}

interface NamedKind {
  readonly table: ArgumentTable<string>;
  /** One line on each name, with its formula. */
  readonly formulas: Readonly<Record<string, string>>;
  readonly optional: boolean;
  /** Of Keras. */
  readonly module: string;
  /** Other names of Keras, in camel case, with the name here. */
  readonly otherNames: Readonly<Record<string, string>>;
  /** Keras's class names that are not the name with a capital. */
  readonly classNames: Readonly<Record<string, string>>;
  /** Keras is given a name without arguments as text. */
  readonly plainNames: boolean;
}

export const initializer: ParameterKind<InitializerType> = namedKind({
  table: initializerArguments,
  formulas: {},
  optional: false,
  module: 'initializers',
  otherNames: {
    orthogonalInitializer: 'orthogonal',
    identityInitializer: 'identity',
    zero: 'zeros',
    one: 'ones',
    normal: 'randomNormal',
    uniform: 'randomUniform',
  },
  classNames: {},
  plainNames: true,
});

export const regularizer: ParameterKind<RegularizerType> = namedKind({
  table: regularizerArguments,
  formulas: regularizerFormulas,
  optional: true,
  module: 'regularizers',
  otherNames: {},
  classNames: { l1l2: 'L1L2', orthogonal: 'OrthogonalRegularizer' },
  plainNames: false,
});

export const constraint: ParameterKind<ConstraintType> = namedKind({
  table: constraintArguments,
  formulas: constraintFormulas,
  optional: true,
  module: 'constraints',
  otherNames: { nonneg: 'nonNeg', unitnorm: 'unitNorm', maxnorm: 'maxNorm' },
  classNames: {},
  plainNames: false,
});

function namedKind(kind: NamedKind): ParameterKind<unknown> {
  const { table, formulas, optional, plainNames } = kind;
  return {
    fault(_, value) {
      if (optional && value === null) return null;
      const expected = namedExpectation(table, value);
      return expected !== null && optional ? `${expected}, or nothing` : expected;
    },
    field: () => ({ input: 'named', table, formulas, optional }),
    words: (_, value) => (typeof value === 'string' ? nameInWords(value) : null),
    toKeras: (_, value) => (plainNames && typeof value === 'string' ? snake(value) : objectToKeras(kind, value)),
    fromKeras: (_, value) => namedFromKeras(kind, value),
  };
}

function objectToKeras({ table, module, classNames }: NamedKind, value: JsonValue): KerasValue {
  const { name, values } = resolveNamed(table, value as Named<string>);
  const config = Object.entries(values).map(([key, argument]) => [
    snake(key),
    typeof argument === 'string' ? snake(argument) : argument,
  ]);
  return { module, className: classNames[name] ?? pascal(name), config: Object.fromEntries(config) };
}

function namedFromKeras(kind: NamedKind, value: unknown): JsonValue | undefined {
  if (typeof value === 'string') return nameFromKeras(kind, value);
  if (typeof value !== 'object' || value === null) return readKeras(value);
  const { class_name: className, config } = value as { class_name?: unknown; config?: unknown };
  if (typeof className !== 'string') return undefined;
  const name = nameFromKeras(kind, className);
  const specs = ownValue(kind.table, name) ?? [];
  const given: [string, JsonValue][] = [];
  for (const [key, argument] of Object.entries((config ?? {}) as Record<string, unknown>)) {
    if (argument === null || WITHOUT_EFFECT.has(key)) continue;
    const isUsable = typeof argument === 'number' || typeof argument === 'string' || Array.isArray(argument);
    if (!isUsable || !specs.some((spec) => spec.name === camel(key))) return undefined;
    given.push([camel(key), typeof argument === 'string' ? valueName(argument) : (argument as JsonValue)]);
  }
  return given.length === 0 ? name : { name, ...Object.fromEntries(given) };
}

/** Arguments of Keras that change no distribution and no formula. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'seed',
  'dtype',
  'name',
  'partition_info',
  'input_axes',
  'output_axes',
]);

/** Keras up to 2.2 calls the truncated normal distribution normal. */
const valueName = (value: string): string => (value === 'normal' ? 'truncatedNormal' : camel(value));

/** @param given A class name, or a name in snake case; TensorFlow 1 appends V1 or V2 to some. */
function nameFromKeras({ classNames, otherNames, table }: NamedKind, given: string): string {
  const name = camel(uncapitalized(given));
  const plain = name.replace(/V[12]$/, '');
  const known = Object.hasOwn(table, plain) ? plain : name;
  return (
    ownValue(otherNames, known) ??
    Object.keys(classNames).find((own) => uncapitalized(classNames[own]!) === known) ??
    known
  );
}

/** Labels that do not follow from the name. */
const labels: Readonly<Record<string, string>> = {
  l1: 'L1',
  l2: 'L2',
  l1l2: 'L1 and L2',
  maxNorm: 'Max-norm',
  nonNeg: 'Non-negative',
  unitNorm: 'Unit norm',
  minMaxNorm: 'Min-max norm',
};

/** 'Glorot uniform': the label of an initializer, a regularizer or a constraint. */
export function nameInWords(name: string): string {
  const words = name
    .replace(/^./, (first) => first.toUpperCase())
    .replace(/[A-Z]/g, (letter, at) => (at === 0 ? letter : ` ${letter.toLowerCase()}`));
  return labels[name] ?? words;
}
