import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import { resolveNamed } from './named-arguments.ts';
import type { ArgumentTable, Named } from './named-arguments.ts';

/** Constraints by the camelCase of Keras's name: what a weight is held to after each step. */
export type ConstraintName = 'maxNorm' | 'nonNeg' | 'unitNorm' | 'minMaxNorm';

/** A name, with Keras's defaults, or a name and arguments. */
export type Constraint = Named<ConstraintName>;

const LIMIT = 1e6;
/** The axes over which a norm is taken; 0 gives each unit of a Dense its own. */
const axis = { name: 'axis', default: 0, axes: true } as const;

export const constraintArguments: ArgumentTable<ConstraintName> = {
  maxNorm: [{ name: 'maxValue', default: 2, min: 0, max: LIMIT }, axis],
  nonNeg: [],
  unitNorm: [axis],
  minMaxNorm: [
    { name: 'minValue', default: 0, min: 0, max: LIMIT },
    { name: 'maxValue', default: 1, min: 0, max: LIMIT },
    { name: 'rate', default: 1, min: 0, max: 1 },
    axis,
  ],
};

/** What each does after a step, for a person. ‖w‖ is √Σw² over the axes. */
export const constraintFormulas: Readonly<Record<ConstraintName, string>> = {
  maxNorm: 'After each step: w · min(‖w‖, maxValue) / ‖w‖, the norm over axis.',
  nonNeg: 'After each step: max(w, 0).',
  unitNorm: 'After each step: w / ‖w‖, the norm over axis.',
  minMaxNorm: 'After each step the norm over axis moves by rate towards the range from minValue to maxValue.',
};

/** The axes of a checked constraint, counted from the front, ascending. */
export function constraintAxes(value: unknown, rank: number): number[] {
  const axes = Array.isArray(value) ? (value as number[]) : [value as number];
  return axes.map((at) => (at < 0 ? at + rank : at)).sort((a, b) => a - b);
}

/** Null, or why a constraint cannot hold a weight of this shape; the words go on after "The constraint of kernel ". */
export function constraintShapeFault(constraint: Constraint, shape: readonly number[]): string | null {
  const { values } = resolveNamed(constraintArguments, constraint);
  const { minValue, maxValue, axis: given } = values;
  if (minValue !== undefined && minValue > maxValue!)
    return `needs a smallest norm of at most its largest; received ${String(minValue)} and ${String(maxValue)}. Make the smallest smaller.`;
  if (given === undefined) return null;
  const axes = constraintAxes(given, shape.length);
  if (axes.every((at, index) => at >= 0 && at < shape.length && at !== axes[index - 1])) return null;
  const received = `received ${Array.isArray(given) ? given.join(', ') : String(given)}`;
  return `needs different axes from 0 to ${shape.length - 1} of the weight's shape [${shape.join(', ')}]; ${received}. Set axis to 0.`;
}

/** Keras's `backend.epsilon()`. */
const EPSILON = 1e-7;

/** The weight as the constraint wants it, as Keras 3 computes it. */
export function emitConstraint(b: ProgramBuilder, constraint: Constraint, weight: ValueId): ValueId {
  const { name, values } = resolveNamed(constraintArguments, constraint);
  if (name === 'nonNeg') return b.plain('maximum', weight, b.scalar(0));
  const number = (key: string): ValueId => b.scalar(values[key] as number);
  const axes = constraintAxes(values['axis'], b.shapeOf(weight).length);
  const norms = b.plain('sqrt', b.reduceSum(b.plain('square', weight), axes, true));
  const divisor = b.add(b.scalar(EPSILON), norms);
  switch (name) {
    case 'unitNorm':
      return b.divide(weight, divisor);
    case 'maxNorm':
      return b.multiply(weight, b.divide(b.plain('minimum', norms, number('maxValue')), divisor));
    case 'minMaxNorm': {
      const rate = values['rate'] as number;
      const clipped = b.plain('minimum', b.plain('maximum', norms, number('minValue')), number('maxValue'));
      const desired = b.add(b.multiply(b.scalar(rate), clipped), b.multiply(b.scalar(1 - rate), norms));
      return b.multiply(weight, b.divide(desired, divisor));
    }
  }
}
