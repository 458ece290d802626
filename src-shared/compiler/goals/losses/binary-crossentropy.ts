import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';
import { smoothed } from './smoothing.ts';
import { clippedProbabilities, logitsOf } from './targets.ts';

/** mean −y·log p − (1 − y)·log(1 − p). Source: Keras 3 binary_crossentropy. */
export const binaryCrossentropy: LossRule<'binaryCrossentropy'> = (call, { fromLogits, labelSmoothing }) => {
  const { builder: b, prediction, targets } = call;
  const y = smoothed(b, targets, labelSmoothing, 2);
  return meanOfValues(call, fromLogits ? entropiesOfLogits(b, prediction, y) : binaryEntropies(b, prediction, y));
};

/** Binary cross-entropy of each value; computed from logits if sigmoid is the last operation. */
export function binaryEntropies(b: ProgramBuilder, prediction: ValueId, targets: ValueId): ValueId {
  const logits = logitsOf(b, prediction, 'sigmoid');
  if (logits !== null) return entropiesOfLogits(b, logits, targets);
  const one = b.scalar(1);
  const p = clippedProbabilities(b, prediction);
  const positive = b.multiply(targets, b.plain('log', p));
  const negative = b.multiply(b.subtract(one, targets), b.plain('log', b.subtract(one, p)));
  return b.plain('negative', b.add(positive, negative));
}

/** softplus(x) − x·y: finite for every logit x. */
function entropiesOfLogits(b: ProgramBuilder, logits: ValueId, targets: ValueId): ValueId {
  return b.subtract(b.plain('softplus', logits), b.multiply(logits, targets));
}
