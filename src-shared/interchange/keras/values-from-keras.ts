import type { JsonValue } from '../../document/schema/model-document.ts';
import { constraintArguments } from '../../layers/weights/constraint.ts';
import { initializerArguments } from '../../layers/weights/initializer.ts';
import type { ParameterSpec } from '../../layers/definition/layer.ts';
import { regularizerArguments } from '../../layers/weights/regularizer.ts';
import { camel, uncapitalized } from './arguments.ts';

/** Names of Keras that are not Lamina's in camel case. */
const names: Readonly<Record<string, string>> = {
  l1L2: 'l1l2',
  l1_l2: 'l1l2',
  orthogonalRegularizer: 'orthogonal',
  swish: 'silu',
  hardSwish: 'hardSilu',
  max_norm: 'maxNorm',
};

const tables = {
  initializer: initializerArguments,
  regularizer: regularizerArguments,
  constraint: constraintArguments,
} as const;

/**
 * A Keras argument as a parameter's value; its check comes later, as for anything in a document.
 * @returns Undefined where it is nothing a parameter can hold.
 */
export function valueFromKeras(spec: ParameterSpec, value: unknown): JsonValue | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
  const type = spec.type.kind;
  if (type === 'initializer' || type === 'regularizer' || type === 'constraint') return named(type, value);
  if (typeof value === 'string') return translated(value);
  if (Array.isArray(value)) return numbers(spec, value);
  // Serialized functions: { class_name: 'function', config: 'relu' }.
  const config = (value as { config?: unknown }).config;
  return typeof config === 'string' ? translated(config) : undefined;
}

function translated(name: string): string {
  const known = names[name] ?? names[camel(name)];
  return known ?? camel(name);
}

function numbers(spec: ParameterSpec, value: readonly unknown[]): JsonValue | undefined {
  const flat = value.flat(3).filter((entry): entry is number => typeof entry === 'number');
  if (flat.length !== value.flat(3).length) return undefined;
  return spec.type.kind === 'integer' || spec.type.kind === 'number'
    ? flat.length === 1
      ? flat[0]!
      : undefined
    : flat;
}

function named(kind: keyof typeof tables, value: unknown): JsonValue | undefined {
  if (typeof value === 'string') return translated(uncapitalized(value));
  const { class_name: className, config } = value as { class_name?: unknown; config?: unknown };
  if (typeof className !== 'string') return undefined;
  const name = translated(uncapitalized(className));
  const specs: Readonly<Record<string, readonly { name: string }[]>> = tables[kind];
  const given = Object.entries((config ?? {}) as Record<string, unknown>).flatMap(([key, argument]) => {
    const known = specs[name]?.some((spec) => spec.name === camel(key)) === true;
    const usable = typeof argument === 'number' || typeof argument === 'string' || Array.isArray(argument);
    if (!known || !usable) return [];
    return [[camel(key), typeof argument === 'string' ? camel(argument) : (argument as JsonValue)] as const];
  });
  return given.length === 0 ? name : { name, ...Object.fromEntries(given) };
}
