import type { TargetSpec } from '../dataset/prepared.ts';
import type { ProgramBuilder } from '../program/builder.ts';
import type { OpName, ValueId } from '../program/types.ts';
import type { LossName } from '../training/configuration.ts';

export type ResolvedLoss = Exclude<LossName, 'auto'>;

/** Keras's `backend.epsilon()`: probabilities are kept this far from 0 and 1. */
const EPSILON = 1e-7;

/** Which loss `auto` means. @param units Size of the model's last axis. */
export function resolveLoss(loss: LossName, target: TargetSpec, units: number): ResolvedLoss {
  if (loss !== 'auto') return loss;
  if (target.kind === 'numeric') return 'meanSquaredError';
  return target.classes.length === 2 && units === 1 ? 'binaryCrossentropy' : 'sparseCategoricalCrossentropy';
}

/** The value before a last softmax or sigmoid; null where the model ends otherwise. */
export function logitsOf(builder: ProgramBuilder, prediction: ValueId, activation: OpName): ValueId | null {
  const producer = builder.producerOf(prediction);
  return producer?.op === activation ? producer.inputs[0]! : null;
}

/** Targets as float32 shaped like the prediction: numbers and two classes as they are, other classes one-hot. */
export function floatTargets(builder: ProgramBuilder, prediction: ValueId, y: ValueId): ValueId {
  const units = builder.shapeOf(prediction).at(-1)!;
  return units === 1 ? builder.cast(y, 'float32') : builder.oneHot(builder.reshape(y, [null]), units);
}

/**
 * Loss of each example, as Keras 3 computes it; from logits where softmax or sigmoid comes last.
 * @param prediction float32 [N, units].
 * @param y int32 [N, 1] for classes, float32 [N, 1] for numbers.
 * @returns float32 [N].
 */
export function emitLoss(b: ProgramBuilder, loss: ResolvedLoss, prediction: ValueId, y: ValueId): ValueId {
  switch (loss) {
    case 'meanSquaredError': {
      const error = b.subtract(prediction, floatTargets(b, prediction, y));
      return b.reduceMean(b.plain('square', error), [1]);
    }
    case 'binaryCrossentropy':
      return b.reduceMean(binary(b, prediction, floatTargets(b, prediction, y)), [1]);
    case 'categoricalCrossentropy': {
      const targets = b.oneHot(b.reshape(y, [null]), b.shapeOf(prediction).at(-1)!);
      const logits = logitsOf(b, prediction, 'softmax');
      if (logits !== null) return b.plain('softmaxCrossEntropy', logits, targets);
      const probabilities = clipped(b, b.divide(prediction, b.reduceSum(prediction, [1], true)));
      return b.plain('negative', b.reduceSum(b.multiply(targets, b.plain('log', probabilities)), [1]));
    }
    case 'sparseCategoricalCrossentropy': {
      const logits = logitsOf(b, prediction, 'softmax') ?? b.plain('log', clipped(b, prediction));
      return b.plain('sparseSoftmaxCrossEntropy', logits, b.reshape(y, [null]));
    }
  }
}

/** Binary cross-entropy of each value; from logits x: softplus(x) - x · target. */
function binary(b: ProgramBuilder, prediction: ValueId, targets: ValueId): ValueId {
  const logits = logitsOf(b, prediction, 'sigmoid');
  if (logits !== null) return b.subtract(b.plain('softplus', logits), b.multiply(logits, targets));
  const one = b.scalar(1);
  const p = clipped(b, prediction);
  const positive = b.multiply(targets, b.plain('log', p));
  const negative = b.multiply(b.subtract(one, targets), b.plain('log', b.subtract(one, p)));
  return b.plain('negative', b.add(positive, negative));
}

function clipped(b: ProgramBuilder, probabilities: ValueId): ValueId {
  return b.plain('minimum', b.plain('maximum', probabilities, b.scalar(EPSILON)), b.scalar(1 - EPSILON));
}
