import type { JsonValue } from '../../document/schema/model-document.ts';
import type { Pair, Triple } from '../../program/language/types.ts';
import { receivedInWords } from './parameter-words.ts';
import { expectedName } from '../../text/suggest.ts';
import { constraintArguments } from '../weights/constraint.ts';
import { activationFormulaFault, isFormulaActivation } from './formula-activation.ts';
import { formulaParametersFault } from './formula-parameters.ts';
import { initializerArguments } from '../weights/initializer.ts';
import type { LayerDefinition, ParameterSpec } from '../definition/layer.ts';
import { namedExpectation } from '../weights/named-arguments.ts';
import { regularizerArguments } from '../weights/regularizer.ts';

/** As many columns as a data set may reasonably have. */
const MAX_COLUMNS = 10_000;

export type ParameterValues = Readonly<Record<string, JsonValue>>;

/** A parameter that is not what its spec asks for. */
export interface ParameterFault {
  readonly spec: ParameterSpec;
  /** 'a whole number from 1 to 1000000'. */
  readonly expected: string;
  readonly received: JsonValue;
}

/** Values with defaults filled in, and what is wrong with them. */
export function resolveParameters(
  definition: Pick<LayerDefinition, 'parameters'>,
  given: ParameterValues,
): { values: ParameterValues; faults: ParameterFault[] } {
  const values: Record<string, JsonValue> = {};
  const faults: ParameterFault[] = [];
  for (const spec of definition.parameters) {
    const received = Object.hasOwn(given, spec.name) ? given[spec.name]! : spec.default;
    values[spec.name] = received;
    if (!fits(spec.type, received)) faults.push({ spec, expected: expectation(spec.type, received), received });
  }
  return { values, faults };
}

function isInteger(value: JsonValue, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function fits(type: ParameterSpec['type'], value: JsonValue): boolean {
  switch (type.kind) {
    case 'integer':
      return (value === null && type.emptyMeans !== undefined) || isInteger(value, type.min, type.max);
    case 'number':
      if (value === null) return type.emptyMeans !== undefined;
      return (
        typeof value === 'number' &&
        value >= type.min &&
        (type.exclusiveMax === true ? value < type.max : value <= type.max)
      );
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return type.options.some((option) => option.value === value);
    case 'activation':
      if (isFormulaActivation(value)) return activationFormulaFault(value.formula) === null;
      return type.options.some((option) => option.value === value);
    case 'formula':
    case 'inputName':
      return typeof value === 'string';
    case 'formulaParameters':
      return formulaParametersFault(value) === null;
    case 'sizes':
      if (value === null) return type.emptyMeans !== undefined;
      if (!Array.isArray(value)) return isInteger(value, type.min, type.max);
      return value.length === type.axes && value.every((size) => isInteger(size, type.min, type.max));
    case 'integers':
      if (!Array.isArray(value)) return isInteger(value, type.min, type.max);
      return (
        value.length >= type.minLength &&
        value.length <= type.maxLength &&
        value.every((entry) => isInteger(entry, type.min, type.max))
      );
    case 'numbers': {
      if (value === null) return true;
      const values = Array.isArray(value) ? value : [value];
      const within = (entry: JsonValue) => typeof entry === 'number' && entry >= type.min && entry <= type.max;
      return values.length >= 1 && values.length <= type.maxLength && values.every(within);
    }
    case 'initializer':
      return namedExpectation(initializerArguments, value) === null;
    case 'regularizer':
      return value === null || namedExpectation(regularizerArguments, value) === null;
    case 'constraint':
      return value === null || namedExpectation(constraintArguments, value) === null;
    case 'layer':
      return layerFault(type.layers, value) === null;
    case 'columns':
      return (
        Array.isArray(value) &&
        value.length <= MAX_COLUMNS &&
        value.every((name) => typeof name === 'string' && name !== '') &&
        new Set(value).size === value.length
      );
    case 'shape':
      return Array.isArray(value) && value.length <= 4 && value.every((size) => isInteger(size, 1, 1_000_000));
  }
}

function expectation(type: ParameterSpec['type'], received: JsonValue): string {
  switch (type.kind) {
    case 'integer':
      return `a whole number from ${type.min} to ${type.max}${type.emptyMeans === undefined ? '' : ', or nothing'}`;
    case 'number':
      return `a number from ${type.min} to ${type.exclusiveMax === true ? 'below ' : ''}${type.max}${type.emptyMeans === undefined ? '' : ', or nothing'}`;
    case 'boolean':
      return 'on or off';
    case 'choice':
      return expectedOption(type.options, received);
    case 'activation':
      if (isFormulaActivation(received)) return `a formula of x (${activationFormulaFault(received.formula)!})`;
      return `${expectedOption(type.options, received)}, or a formula of x`;
    case 'formula':
      return 'a formula';
    case 'inputName':
      return "an Input's name, or nothing";
    case 'formulaParameters':
      return formulaParametersFault(received)!;
    case 'sizes':
      return `one or ${type.axes === 2 ? 'two' : 'three'} whole numbers from ${type.min} to ${type.max}${type.emptyMeans === undefined ? '' : ', or nothing'}`;
    case 'integers':
      return `${type.minLength} to ${type.maxLength} whole numbers from ${type.min} to ${type.max}`;
    case 'numbers':
      return `a number, or a list of 1 to ${type.maxLength}, each from ${type.min} to ${type.max}, or nothing`;
    case 'initializer':
      return namedExpectation(initializerArguments, received)!;
    case 'regularizer':
      return `${namedExpectation(regularizerArguments, received)!}, or nothing`;
    case 'constraint':
      return `${namedExpectation(constraintArguments, received)!}, or nothing`;
    case 'layer':
      return layerFault(type.layers, received)!;
    case 'columns':
      return `a list of at most ${MAX_COLUMNS} names of ${type.of}, each once`;
    case 'shape':
      return 'a list of at most four sizes, each a whole number of 1 or more';
  }
}

function expectedOption(options: readonly { readonly value: string }[], received: JsonValue): string {
  return expectedName(
    received,
    options.map(({ value }) => value),
  );
}

/** Null, or what was expected of a layer inside another. */
function layerFault(layers: readonly LayerDefinition[], value: JsonValue): string | null {
  const expected = `a layer of one of the kinds ${layers.map(({ kind }) => kind).join(', ')}`;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return expected;
  const { kind, params } = value;
  const definition = layers.find((layer) => layer.kind === kind);
  const isObject = params !== null && typeof params === 'object' && !Array.isArray(params);
  if (definition === undefined || !isObject) return expected;
  const [fault] = resolveParameters(definition, params).faults;
  if (fault === undefined) return null;
  return `${definition.kind} with ${fault.spec.label} being ${fault.expected} (it is ${receivedInWords(fault.received)})`;
}

/** A checked 'sizes' parameter, or with one axis an 'integer' one, as a number for each axis. */
export function sizesOf(value: JsonValue | undefined, axes: number): number[] {
  const sizes = Array.isArray(value) ? value.map(numberOf) : new Array<number>(axes).fill(numberOf(value));
  if (sizes.length !== axes) throw new Error(`Expected ${axes} numbers; received ${JSON.stringify(value)}.`);
  return sizes;
}

/** A checked 'sizes' parameter of two axes. */
export function pairOf(value: JsonValue | undefined): Pair {
  const [height, width] = sizesOf(value, 2);
  return [height!, width!];
}

/** A checked 'sizes' parameter of three axes. */
export function tripleOf(value: JsonValue | undefined): Triple {
  const [depth, height, width] = sizesOf(value, 3);
  return [depth!, height!, width!];
}

/** A checked 'integer' or 'number' parameter. */
export function numberOf(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value;
  throw new Error(`Expected a number; received ${JSON.stringify(value)}.`);
}

/** A checked 'integers' parameter as a list. */
export function integersOf(value: JsonValue | undefined): number[] {
  return Array.isArray(value) ? value.map(numberOf) : [numberOf(value)];
}

/** '3 × 3'; with one axis '3'; nothing where nothing is given. */
export function formatSizes(value: JsonValue | undefined, axes: number): string {
  return value === null || value === undefined ? '' : sizesOf(value, axes).join(' × ');
}

/** 'age, income, …'. */
export function summarizeNames(names: readonly JsonValue[]): string {
  const shown = names.slice(0, 2).map(String).join(', ');
  return names.length > 2 ? `${shown}, … (${names.length})` : shown;
}
