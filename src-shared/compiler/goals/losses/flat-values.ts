import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { elementCount } from '../../../program/language/shape.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { logitsOf } from './targets.ts';

/**
 * Reshapes to [N, units]. A last sigmoid stays the last operation, so that losses find its logits.
 * Keras averages over the axes of an image one after the other; the mean over the row is equal.
 */
export function flatValues(builder: ProgramBuilder, value: ValueId): ValueId {
  const shape = builder.shapeOf(value);
  if (shape.length === 2) return value;
  const row = [null, elementCount(shape)];
  const logits = logitsOf(builder, value, 'sigmoid');
  if (logits === null) return builder.reshape(value, row);
  return builder.plain('sigmoid', builder.reshape(logits, row));
}
