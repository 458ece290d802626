import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';
import { EPSILON } from './targets.ts';

/** mean (log(1 + p) − log(1 + y))² of p and y clipped to at least ε. Source: Keras 3 mean_squared_logarithmic_error. */
export const meanSquaredLogarithmicError: LossRule<'meanSquaredLogarithmicError'> = (call) => {
  const { builder: b, prediction, targets } = call;
  const difference = b.subtract(logarithm(b, prediction), logarithm(b, targets));
  return meanOfValues(call, b.plain('square', difference));
};

function logarithm(b: ProgramBuilder, x: ValueId): ValueId {
  return b.plain('log1p', b.plain('maximum', x, b.scalar(EPSILON)));
}
