import type { ProgramBuilder } from '../program/builder.ts';
import type { ValueId } from '../program/types.ts';
import { axesProblem, axisOf, axisParameter, otherAxes } from './axes.ts';
import type { LayerContext, LayerDefinition } from './layer.ts';
import { maskColumn, whereMasked } from './masks.ts';
import type { Mask } from './masks.ts';
import { affine, affineParameters, epsilonParameter, standardized } from './normalization-parameters.ts';
import { numberOf } from './parameters.ts';
import { initializerOf, initializerParameter } from './weight-parameters.ts';

/** Keras's `backend.epsilon()`. */
const KERAS_EPSILON = 1e-7;

/** One value a channel, in the shape in which it meets x. */
function spread(b: ProgramBuilder, value: ValueId, x: ValueId, axis: number): ValueId {
  const shape = b.shapeOf(x).slice(1);
  return shape.length === 1
    ? value
    : b.reshape(
        value,
        shape.map((size, i) => (i + 1 === axis ? size : 1)),
      );
}

/** Mean and variance of a batch for each channel, shape [channels]. */
function batchMoments(b: ProgramBuilder, x: ValueId, axis: number): { mean: ValueId; variance: ValueId } {
  const shape = b.shapeOf(x);
  const others = otherAxes([axis], shape);
  const pixels = others.reduce((product, other) => product * shape[other]!, 1);
  const count = b.multiply(b.dimSize(x, 0), b.scalar(pixels));
  const axes = [0, ...others];
  const average = (value: ValueId): ValueId => b.divide(b.reduceSum(value, axes), count);
  const mean = average(x);
  const centered = b.subtract(x, spread(b, mean, x, axis));
  return { mean, variance: average(b.plain('square', centered)) };
}

/** The same over the steps that count alone. Source: Keras 3 `BatchNormalization._moments`. */
function maskedMoments(b: ProgramBuilder, x: ValueId, axis: number, mask: Mask): { mean: ValueId; variance: ValueId } {
  const shape = b.shapeOf(x);
  const axes = [0, ...otherAxes([axis], shape)];
  const weights = b.plain('broadcastLike', b.cast(maskColumn(b, mask), 'float32'), x);
  const count = b.add(b.reduceSum(weights, axes), b.scalar(KERAS_EPSILON));
  const mean = b.divide(b.reduceSum(whereMasked(b, mask, x, 0), axes), count);
  const difference = whereMasked(b, mask, b.subtract(x, spread(b, mean, x, axis)), 0);
  return { mean, variance: b.divide(b.reduceSum(b.plain('square', difference), axes), count) };
}

/** Reads the moving statistics; while training, the batch's are used instead and the moving ones follow them. */
function statistics(context: LayerContext, axis: number): { mean: ValueId; variance: ValueId } {
  const { builder: b, params, inputs, inputShapes, masks, weight, updateWeight, training, frozen } = context;
  const shape = [inputShapes[0]![axis]!];
  const read = (name: string, initializer: string): ValueId =>
    weight({ name, shape, initializer: initializerOf(params[initializer]), trainable: false });
  const moving = {
    mean: read('moving_mean', 'movingMeanInitializer'),
    variance: read('moving_variance', 'movingVarianceInitializer'),
  };
  if (!training || frozen) return moving;
  const mask = masks[0] ?? null;
  const x = inputs[0]!;
  const batch = mask === null ? batchMoments(b, x, axis) : maskedMoments(b, x, axis, mask);
  const momentum = numberOf(params['momentum']);
  const follow = (before: ValueId, now: ValueId): ValueId =>
    b.add(b.multiply(before, b.scalar(momentum)), b.multiply(now, b.scalar(1 - momentum)));
  updateWeight('moving_mean', follow(moving.mean, batch.mean));
  updateWeight('moving_variance', follow(moving.variance, batch.variance));
  return batch;
}

/** Source: S. Ioffe and C. Szegedy, arXiv:1502.03167 (2015). */
export const batchNormalization: LayerDefinition = {
  kind: 'BatchNormalization',
  family: 'normalization',
  description: 'Gives each channel mean 0 and variance 1 over the batch; with stored statistics after training.',
  formula: '(x - mean) / √(variance + epsilon) · gamma + beta',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [
    {
      name: 'momentum',
      label: 'Momentum',
      help: 'How slowly the stored statistics follow those of the batches.',
      default: 0.99,
      type: { kind: 'number', min: 0, max: 1, step: 0.01 },
    },
    axisParameter('The axis of the channels.'),
    epsilonParameter,
    ...affineParameters,
    initializerParameter('movingMeanInitializer', 'Stored mean initializer', 'zeros'),
    initializerParameter('movingVarianceInitializer', 'Stored variance initializer', 'ones'),
  ],
  summarize: () => '',
  check: ({ axis }, [shape]) => axesProblem([numberOf(axis)], shape!),
  emit: (context) => {
    const { builder: b, params, inputs, inputShapes } = context;
    const x = inputs[0]!;
    const shape = inputShapes[0]!;
    const axis = axisOf(numberOf(params['axis']), shape);
    const broadcast = shape.slice(1).map((size, i) => (i + 1 === axis ? size! : 1));
    const { mean, variance } = statistics(context, axis);
    const centered = b.subtract(x, spread(b, mean, x, axis));
    const normalized = standardized(b, centered, spread(b, variance, x, axis), numberOf(params['epsilon']));
    return affine(context, normalized, [shape[axis]!], broadcast);
  },
};
