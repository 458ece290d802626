import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { unitLength } from '../../../layers/kinds/normalization/unit-length.ts';
import type { LossRule } from './loss.ts';

/** −Σ y·p / (‖y‖·‖p‖): −1 where both point the same way. Source: Keras 3 cosine_similarity. */
export const cosineSimilarity: LossRule<'cosineSimilarity'> = ({ builder: b, prediction, targets }) =>
  b.plain('negative', cosines(b, prediction, targets));

/** Cosine of the angle between prediction and target of each example, float32 [N]. */
export function cosines(b: ProgramBuilder, prediction: ValueId, targets: ValueId): ValueId {
  return b.reduceSum(b.multiply(unitLength(b, targets, [1]), unitLength(b, prediction, [1])), [1]);
}
