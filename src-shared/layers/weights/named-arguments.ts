import type { JsonValue } from '../../document/schema/model-document.ts';
import { expectedName } from '../../text/suggest.ts';

/**
 * A choice by name with arguments: an initializer, a regularizer, a constraint. In a document it is
 * the name alone, or an object of the name and arguments.
 */

export type ArgumentValue = number | string | readonly number[];
export type NamedArguments = Readonly<Record<string, ArgumentValue>>;

/** An argument, enough to check it and to make a field for it. */
export type ArgumentSpec =
  | {
      readonly name: string;
      readonly default: number;
      readonly min: number;
      readonly max: number;
      /** What it is in an object that leaves it out, where that is not the default. */
      readonly omitted?: number;
    }
  | { readonly name: string; readonly default: string; readonly options: readonly string[] }
  /** Axes of a weight: one number, or a list of different ones. */
  | { readonly name: string; readonly default: number; readonly axes: true };

/** The arguments of each name. */
export type ArgumentTable<Name extends string> = Readonly<Record<Name, readonly ArgumentSpec[]>>;

/** A checked choice: its name, with the defaults of its arguments, or name and arguments. */
export type Named<Name extends string> = Name | (NamedArguments & { readonly name: Name });

/** Axes of a weight run to this many. */
const MAX_AXIS = 8;

/** The name and all arguments, defaults filled in. */
export function resolveNamed<Name extends string>(
  table: ArgumentTable<Name>,
  named: Named<Name>,
): { name: Name; values: NamedArguments } {
  if (typeof named === 'string') {
    return { name: named, values: Object.fromEntries(table[named].map((spec) => [spec.name, spec.default])) };
  }
  const left = (spec: ArgumentSpec): ArgumentValue => ('omitted' in spec ? spec.omitted! : spec.default);
  const values = table[named.name].map((spec) => [spec.name, named[spec.name] ?? left(spec)] as const);
  return { name: named.name, values: Object.fromEntries(values) };
}

/** Null, or what a document's value was expected to be: 'one of l1, l2', 'l1 with l2 from 0 to 1'. */
export function namedExpectation<Name extends string>(table: ArgumentTable<Name>, value: JsonValue): string | null {
  const names = Object.keys(table);
  if (typeof value === 'string') return Object.hasOwn(table, value) ? null : expectedName(value, names);
  const typed = value === null || typeof value !== 'object' || Array.isArray(value) ? value : value['name'];
  const object = `${expectedName(typed, names)}, or an object with one of them as name and its arguments`;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return object;
  const { name, ...given } = value;
  if (typeof name !== 'string' || !Object.hasOwn(table, name)) return object;
  const specs = table[name as Name];
  for (const [key, argument] of Object.entries(given)) {
    const spec = specs.find((candidate) => candidate.name === key);
    const known = specs.map((candidate) => candidate.name).join(', ');
    if (spec === undefined) return `${name} with ${known === '' ? 'no arguments' : `no arguments but ${known}`}`;
    if (!fits(spec, argument)) return `${name} with ${key} ${argumentExpectation(spec)}`;
  }
  return null;
}

/** 'from 0 to 1'. */
export function argumentExpectation(spec: ArgumentSpec): string {
  if ('options' in spec) return `one of ${spec.options.join(', ')}`;
  if ('axes' in spec) return `one axis of the weight, or a list of different ones`;
  return `from ${spec.min} to ${spec.max}`;
}

function fits(spec: ArgumentSpec, value: JsonValue): boolean {
  if ('options' in spec) return typeof value === 'string' && spec.options.includes(value);
  if ('axes' in spec) {
    const axes = Array.isArray(value) ? value : [value];
    const whole = axes.every((axis) => Number.isInteger(axis) && Math.abs(axis as number) <= MAX_AXIS);
    return whole && axes.length > 0 && new Set(axes).size === axes.length;
  }
  return typeof value === 'number' && value >= spec.min && value <= spec.max;
}
