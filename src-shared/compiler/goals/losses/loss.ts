import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { LossOf, ResolvedLoss } from '../../../training/configuration/losses.ts';

/** Arguments of a loss rule: predictions p and targets y. */
export interface LossCall {
  readonly builder: ProgramBuilder;
  /** float32 [N, units]. */
  readonly prediction: ValueId;
  /** float32 [N, units]: more than two classes are one-hot; numbers, labels and two classes are unchanged. */
  readonly targets: ValueId;
  /** int32 [N, 1] for classes, float32 [N, units] otherwise. */
  readonly y: ValueId;
}

/** Emits the loss of each example, float32 [N]. */
export type LossRule<Name extends ResolvedLoss> = (call: LossCall, loss: LossOf<Name>) => ValueId;

/** The mean over an example's values. */
export function meanOfValues({ builder }: LossCall, values: ValueId): ValueId {
  return builder.reduceMean(values, [1]);
}

/** p − y. */
export function errorOf({ builder, prediction, targets }: LossCall): ValueId {
  return builder.subtract(prediction, targets);
}
