import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { elementCount } from '../../../program/language/shape.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { logitsOf } from './targets.ts';

/**
 * The values of each example in one row, [N, units]; a last sigmoid stays last, so that losses find its logits.
 * What Keras averages over an image's axes one after the other is the same as the mean over its row.
 */
export function flatValues(builder: ProgramBuilder, value: ValueId): ValueId {
  const shape = builder.shapeOf(value);
  if (shape.length === 2) return value;
  const row = [null, elementCount(shape)];
  const logits = logitsOf(builder, value, 'sigmoid');
  if (logits === null) return builder.reshape(value, row);
  return builder.plain('sigmoid', builder.reshape(logits, row));
}
