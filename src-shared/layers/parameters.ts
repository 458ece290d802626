import type { JsonValue } from '../document/model-document.ts';
import type { Pair } from '../program/types.ts';
import { initializerFault, initializerNames } from './initializer.ts';
import type { LayerDefinition, ParameterSpec } from './layer.ts';

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
  definition: LayerDefinition,
  given: ParameterValues,
): { values: ParameterValues; faults: ParameterFault[] } {
  const values: Record<string, JsonValue> = {};
  const faults: ParameterFault[] = [];
  for (const spec of definition.parameters) {
    const received = Object.hasOwn(given, spec.name) ? given[spec.name]! : spec.default;
    values[spec.name] = received;
    if (!fits(spec.type, received)) faults.push({ spec, expected: expectation(spec.type), received });
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
    case 'pair':
      if (value === null) return type.emptyMeans !== undefined;
      if (!Array.isArray(value)) return isInteger(value, type.min, type.max);
      return value.length === 2 && value.every((size) => isInteger(size, type.min, type.max));
    case 'integers':
      if (!Array.isArray(value)) return isInteger(value, type.min, type.max);
      return (
        value.length >= type.minLength &&
        value.length <= type.maxLength &&
        value.every((entry) => isInteger(entry, type.min, type.max))
      );
    case 'initializer':
      return initializerFault(value) === null;
    case 'shape':
      return Array.isArray(value) && value.length <= 4 && value.every((size) => isInteger(size, 1, 1_000_000));
  }
}

function expectation(type: ParameterSpec['type']): string {
  switch (type.kind) {
    case 'integer':
      return `a whole number from ${type.min} to ${type.max}${type.emptyMeans === undefined ? '' : ', or nothing'}`;
    case 'number':
      return `a number from ${type.min} to ${type.exclusiveMax === true ? 'below ' : ''}${type.max}${type.emptyMeans === undefined ? '' : ', or nothing'}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${type.options.map((option) => option.value).join(', ')}`;
    case 'pair':
      return `one or two whole numbers from ${type.min} to ${type.max}${type.emptyMeans === undefined ? '' : ', or nothing'}`;
    case 'integers':
      return `${type.minLength} to ${type.maxLength} whole numbers from ${type.min} to ${type.max}`;
    case 'initializer':
      return `one of ${initializerNames.join(', ')}, or an object with one of them as name and its arguments`;
    case 'shape':
      return 'a list of at most four sizes, each a whole number of 1 or more';
  }
}

/** A checked 'pair' parameter as two numbers. */
export function pairOf(value: JsonValue | undefined): Pair {
  if (typeof value === 'number') return [value, value];
  if (Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'number') return [value[0], value[1]];
  throw new Error(`Expected one or two numbers; received ${JSON.stringify(value)}.`);
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

/** '3 × 3'. */
export function formatPair(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'number' ? `${value} × ${value}` : Array.isArray(value) ? value.map(String).join(' × ') : '';
}
