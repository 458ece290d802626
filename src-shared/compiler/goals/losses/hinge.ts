import type { ValueId } from '../../../program/language/types.ts';
import { meanOfValues } from './loss.ts';
import type { LossCall, LossRule } from './loss.ts';

/** mean max(1 − y·p, 0), with −1 for targets of 0. Source: Keras 3 hinge. */
export const hinge: LossRule<'hinge'> = (call) => meanOfValues(call, margins(call));

/** mean max(1 − y·p, 0)², with −1 for targets of 0. Source: Keras 3 squared_hinge. */
export const squaredHinge: LossRule<'squaredHinge'> = (call) =>
  meanOfValues(call, call.builder.plain('square', margins(call)));

/** max(1 − y·p, 0) of each value, with −1 for targets of 0. */
function margins({ builder: b, prediction, targets }: LossCall): ValueId {
  const sides = b.subtract(b.multiply(targets, b.scalar(2)), b.scalar(1));
  return b.plain('maximum', b.subtract(b.scalar(1), b.multiply(sides, prediction)), b.scalar(0));
}
