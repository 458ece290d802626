import type { ProgramBuilder } from '../builder/builder.ts';
import { gradientRules } from './gradients.ts';
import type { GradientRule, InputGradient } from './gradient-rule.ts';
import type { Operation, OpName, ValueId } from '../language/types.ts';

/**
 * Reverse-mode differentiation: appends operations that compute d loss / d value.
 *
 * Only operations on a path from the given values to the loss are differentiated.
 *
 * @param loss A float32 scalar.
 * @returns One gradient per value, with its shape; null where the loss does not depend on it.
 */
export function gradients(
  builder: ProgramBuilder,
  loss: ValueId,
  withRespectTo: readonly ValueId[],
): (ValueId | null)[] {
  const { dtype, shape } = builder.typeOf(loss);
  if (dtype !== 'float32' || shape.length !== 0) throw new Error('Gradients are taken of a float32 scalar.');
  const one = (): ValueId => builder.within('loss', () => builder.scalar(1));
  return gradientsFrom(builder, [{ value: loss, gradient: one }], withRespectTo);
}

/** A value and its given gradient. */
export interface Seed {
  readonly value: ValueId;
  readonly gradient: () => ValueId;
}

/**
 * Reverse-mode differentiation from given gradients of several values, each with its value's shape.
 * @returns One gradient per value of `withRespectTo`; null where no seed depends on it.
 */
export function gradientsFrom(
  builder: ProgramBuilder,
  seeds: readonly Seed[],
  withRespectTo: readonly ValueId[],
): (ValueId | null)[] {
  const operations = [...builder.operations];
  const dependent = dependents(operations, withRespectTo);
  const found = new Map<ValueId, ValueId>();
  for (const { value, gradient } of seeds) {
    if (!dependent.has(value)) continue;
    const before = found.get(value);
    found.set(value, before === undefined ? gradient() : builder.add(before, gradient()));
  }
  for (const operation of operations.reverse()) {
    if (operation.outputs.some((output) => found.has(output))) {
      builder.within(`${operation.scope}/gradient`, () => backward(builder, operation, dependent, found));
    }
  }
  return withRespectTo.map((value) => found.get(value) ?? null);
}

/** The sources, and the values that depend on them through differentiable operations. */
function dependents(operations: readonly Operation[], sources: readonly ValueId[]): Set<ValueId> {
  const dependent = new Set(sources);
  for (const { op, inputs, outputs } of operations) {
    if (gradientRules[op] !== 'zero' && inputs.some((input) => dependent.has(input))) {
      for (const output of outputs) dependent.add(output);
    }
  }
  return dependent;
}

/** Adds one operation's contribution to the gradients of its inputs. */
function backward(
  builder: ProgramBuilder,
  operation: Operation,
  dependent: ReadonlySet<ValueId>,
  found: Map<ValueId, ValueId>,
): void {
  if (!operation.inputs.some((input) => dependent.has(input))) return;
  const { inputs } = operation;
  const parts = inputGradients(builder, operation, found);
  if (parts === null) return;
  inputs.forEach((input, index) => {
    const part = parts[index];
    if (part === undefined) throw new Error(`${operation.op} gives no gradient for input ${index}.`);
    if (part === null || !dependent.has(input)) return;
    const value = part();
    const before = found.get(input);
    found.set(input, before === undefined ? value : builder.add(before, value));
  });
}

/** Gradients of the inputs by the operation's rule; null where the operation is constant. */
function inputGradients(
  builder: ProgramBuilder,
  operation: Operation,
  found: ReadonlyMap<ValueId, ValueId>,
): readonly (InputGradient | null)[] | null {
  // One cast: operation and rule have the same name, which the compiler cannot follow through the union.
  const rule = gradientRules[operation.op] as GradientRule<OpName>;
  if (rule === 'zero') return null;
  const { attributes, inputs, outputs } = operation;
  if (typeof rule === 'object') {
    const gradients = outputs.map((output) => found.get(output) ?? null);
    return rule.everyOutput({ builder, attributes, inputs, outputs, gradients } as never);
  }
  const [output, ...others] = outputs;
  const gradient = found.get(output!);
  if (rule === 'none' || gradient === undefined || others.some((other) => found.has(other))) {
    throw new Error(`${operation.op} in '${operation.scope}' has no gradient of this kind.`);
  }
  return rule({ builder, attributes, inputs, outputs, output: output!, gradient } as never, ...inputs);
}
