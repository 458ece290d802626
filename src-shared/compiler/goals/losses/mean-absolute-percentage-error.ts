import type { ValueId } from '../../../program/language/types.ts';
import { errorOf, meanOfValues } from './loss.ts';
import type { LossCall, LossRule } from './loss.ts';
import { EPSILON } from './targets.ts';

/** 100 · mean |p − y| / max(|y|, ε). Source: Keras 3 mean_absolute_percentage_error. */
export const meanAbsolutePercentageError: LossRule<'meanAbsolutePercentageError'> = (call) => percentageErrors(call);

/** 100 · mean |p − y| / max(|y|, ε) of each example, float32 [N]. */
export function percentageErrors(call: LossCall): ValueId {
  const { builder: b, targets } = call;
  const size = b.plain('maximum', b.plain('abs', targets), b.scalar(EPSILON));
  const shares = b.divide(b.plain('abs', errorOf(call)), size);
  return b.multiply(b.scalar(100), meanOfValues(call, shares));
}
