import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import { constraintArguments, constraintAxes } from './constraint.ts';
import type { Constraint } from './constraint.ts';
import { resolveNamed } from './named-arguments.ts';

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
