import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { OpName, ValueId } from '../../../program/language/types.ts';

/** Keras's `backend.epsilon()`. */
export const EPSILON = 1e-7;

/** The input of `activation` if that is the prediction's last operation; else null. */
export function logitsOf(builder: ProgramBuilder, prediction: ValueId, activation: OpName): ValueId | null {
  const producer = builder.producerOf(prediction);
  return producer?.op === activation ? producer.inputs[0]! : null;
}

/** The input of a step activation if that is the prediction's last operation; else null. */
export function beforeStep(builder: ProgramBuilder, prediction: ValueId): ValueId | null {
  const cast = builder.producerOf(prediction);
  const comparison = cast?.op === 'cast' ? builder.producerOf(cast.inputs[0]!) : null;
  return comparison?.op === 'greaterEqual' ? comparison.inputs[0]! : null;
}

/** Targets as float32 with the prediction's shape: more than two classes are one-hot. */
export function floatTargets(builder: ProgramBuilder, prediction: ValueId, y: ValueId): ValueId {
  if (builder.typeOf(y).dtype === 'float32') return y;
  const units = builder.shapeOf(prediction).at(-1)!;
  return units === 1 ? builder.cast(y, 'float32') : builder.oneHot(builder.reshape(y, [null]), units);
}

/** min(max(x, low), high). */
export function clipped(b: ProgramBuilder, x: ValueId, low: number, high: number): ValueId {
  return b.plain('minimum', b.plain('maximum', x, b.scalar(low)), b.scalar(high));
}

/** Probabilities clipped to [ε, 1 − ε], so that their logarithms are finite. */
export function clippedProbabilities(b: ProgramBuilder, probabilities: ValueId): ValueId {
  return clipped(b, probabilities, EPSILON, 1 - EPSILON);
}
