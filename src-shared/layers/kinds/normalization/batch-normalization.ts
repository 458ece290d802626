import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { Shape, ValueId } from '../../../program/language/types.ts';
import { axesOf, axesParameter, axesProblem, otherAxes } from '../../definition/axes.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { maskColumn, whereMasked } from '../../definition/masks.ts';
import type { Mask } from '../../definition/masks.ts';
import { affineParameters, affineWeight, epsilonParameter } from './normalization-parameters.ts';
import { integersOf } from '../../parameters/number-list.ts';
import { numberOf } from '../../parameters/number.ts';
import { initializerOf, initializerParameter } from '../../definition/weight-parameters.ts';
import { featureForms } from '../../definition/pytorch-weights.ts';

/** Keras's `backend.epsilon()`. */
const KERAS_EPSILON = 1e-7;

/** One value a channel, in the shape in which it meets x. */
function spread(b: ProgramBuilder, value: ValueId, x: ValueId, axes: readonly number[]): ValueId {
  const shape = b.shapeOf(x).slice(1);
  return shape.length === 1
    ? value
    : b.reshape(
        value,
        shape.map((size, i) => (axes.includes(i + 1) ? size : 1)),
      );
}

const productOf = (sizes: Shape): number => sizes.reduce<number>((product, size) => product * size!, 1);

interface Moments {
  readonly mean: ValueId;
  readonly variance: ValueId;
}

/** One value a channel; null where the layer has none. */
interface Affine {
  readonly gamma: ValueId | null;
  readonly beta: ValueId | null;
}

/** x normalized by its own mean and variance, and these. The operation has the channels last. */
function normalizedByBatch(
  b: ProgramBuilder,
  x: ValueId,
  axes: readonly number[],
  { gamma, beta }: Affine,
  epsilon: number,
): Moments & { output: ValueId } {
  const shape = b.shapeOf(x);
  if (axes.length > 1) return normalizedByBatchOnAxes(b, x, axes, { gamma, beta }, epsilon);
  const axis = axes[0]!;
  const channels = [shape[axis]!];
  const last = shape.length - 1;
  const exchanged = shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const channelsLast = (value: ValueId): ValueId => (axis === last ? value : b.transpose(value, exchanged));
  const inputs = [
    channelsLast(x),
    gamma ?? b.constant('float32', channels, [1]),
    beta ?? b.constant('float32', channels, [0]),
  ];
  const [output, mean, variance] = b.op('batchNormalization', inputs, { epsilon });
  return { output: channelsLast(output), mean: mean!, variance: variance! };
}

/** `normalizedByBatch` with several axes: they are moved to the end and become one. */
function normalizedByBatchOnAxes(
  b: ProgramBuilder,
  x: ValueId,
  axes: readonly number[],
  weights: Affine,
  epsilon: number,
): Moments & { output: ValueId } {
  const shape = b.shapeOf(x);
  const order = [0, ...otherAxes(axes, shape), ...axes];
  const moved = order.map((axis) => shape[axis]!);
  const rows = moved.slice(0, -axes.length);
  const joined = b.reshape(b.transpose(x, order), [...rows, productOf(moved.slice(-axes.length))]);
  const { output, ...moments } = normalizedByBatch(b, joined, [rows.length], weights, epsilon);
  const back = shape.map((_, axis) => order.indexOf(axis));
  return { output: b.transpose(b.reshape(output, moved), back), ...moments };
}

/** x normalized by given moments, as one factor and one offset a channel. */
function normalizedBy(
  b: ProgramBuilder,
  x: ValueId,
  axes: readonly number[],
  { mean, variance }: Moments,
  { gamma, beta }: Affine,
  epsilon: number,
): ValueId {
  const deviation = b.plain('sqrt', b.add(variance, b.scalar(epsilon)));
  const scale = b.divide(gamma ?? b.scalar(1), deviation);
  const fromMean = b.multiply(mean, scale);
  const offset = beta === null ? b.plain('negative', fromMean) : b.subtract(beta, fromMean);
  return b.add(b.multiply(x, spread(b, scale, x, axes)), spread(b, offset, x, axes));
}

/** Mean and variance over the steps that count alone. Source: Keras 3 `BatchNormalization._moments`. */
function maskedMoments(b: ProgramBuilder, x: ValueId, axes: readonly number[], mask: Mask): Moments {
  const shape = b.shapeOf(x);
  const others = [0, ...otherAxes(axes, shape)];
  const sumOf = (value: ValueId): ValueId => {
    const sum = b.reduceSum(value, others);
    return axes.length === 1 ? sum : b.reshape(sum, [productOf(b.shapeOf(sum))]);
  };
  const weights = b.plain('broadcastLike', b.cast(maskColumn(b, mask), 'float32'), x);
  const count = b.add(sumOf(weights), b.scalar(KERAS_EPSILON));
  const mean = b.divide(sumOf(whereMasked(b, mask, x, 0)), count);
  const difference = whereMasked(b, mask, b.subtract(x, spread(b, mean, x, axes)), 0);
  return { mean, variance: b.divide(sumOf(b.plain('square', difference)), count) };
}

/** Reads the moving statistics, of the weights' shape. */
function storedMoments({ params, weight }: LayerContext, shape: readonly number[]): Moments {
  const read = (name: string, initializer: string): ValueId =>
    weight({ name, shape, initializer: initializerOf(params[initializer]), trainable: false });
  return {
    mean: read('moving_mean', 'movingMeanInitializer'),
    variance: read('moving_variance', 'movingVarianceInitializer'),
  };
}

/** The stored statistics follow those of a batch; both of the weights' shape. */
function follow({ builder: b, params, updateWeight }: LayerContext, stored: Moments, batch: Moments): void {
  const momentum = numberOf(params['momentum']);
  const between = (before: ValueId, now: ValueId): ValueId =>
    b.add(b.multiply(before, b.scalar(momentum)), b.multiply(now, b.scalar(1 - momentum)));
  updateWeight('moving_mean', between(stored.mean, batch.mean));
  updateWeight('moving_variance', between(stored.variance, batch.variance));
}

/** Source: S. Ioffe and C. Szegedy, arXiv:1502.03167 (2015). */
export const batchNormalization: LayerDefinition = {
  kind: 'BatchNormalization',
  family: 'normalization',
  otherNames: ['batchnorm', 'BN'],
  description: 'Gives each channel mean 0 and variance 1 over the batch; with stored statistics after training.',
  formula: '(x - mean) / √(variance + epsilon) · gamma + beta',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: {
    linear: 'map',
    cancelsBias: ({ center, axis }, [shape]) =>
      center === true && [axis ?? []].flat().some((each) => each === -1 || each === shape!.length - 1),
  },
  parameters: [
    {
      name: 'momentum',
      label: 'Momentum',
      help: 'How slowly the stored statistics follow those of the batches.',
      default: 0.99,
      type: { kind: 'number', min: 0, max: 1, step: 0.01 },
    },
    axesParameter('The axis of the channels; several where each combination has own statistics.'),
    epsilonParameter,
    ...affineParameters,
    initializerParameter('movingMeanInitializer', 'Stored mean initializer', 'zeros'),
    initializerParameter('movingVarianceInitializer', 'Stored variance initializer', 'ones'),
    {
      name: 'statisticsWhenFrozen',
      label: 'When frozen',
      help: 'What a frozen layer normalizes with in training: what it has stored, or the batch, which what is stored then follows.',
      default: 'stored',
      type: {
        kind: 'choice',
        options: [
          { value: 'stored', label: 'Stored statistics' },
          { value: 'batch', label: 'Statistics of the batch' },
        ],
      },
      keras: 'none',
      advanced: true,
    },
  ],
  keras: {
    inMode: (training) => (training ? null : { frozen: true }),
    read: ({ axis, ...config }) =>
      Array.isArray(axis) && axis.length === 1 ? { ...config, axis: axis[0] as unknown } : { ...config, axis },
    write: ({ axis }, name) =>
      Array.isArray(axis) && axis.length > 1
        ? {
            note: `BatchNormalization of Keras 3 has one axis; '${name}' has ${axis.length}. Keras 2 (tf_keras) can read it.`,
          }
        : {},
  },
  pytorch: featureForms,
  summarize: () => '',
  whenFrozen: ({ statisticsWhenFrozen }) =>
    statisticsWhenFrozen === 'batch'
      ? { summary: 'by batch', meaning: 'It normalizes with the batch, and its stored statistics follow.' }
      : {
          summary: 'inference',
          meaning:
            'It normalizes with its stored mean and variance in training too, and they do not change (inference mode), as in Keras.',
        },
  check: ({ axis }, [shape]) => axesProblem(integersOf(axis), shape!),
  emit: (context) => {
    const { builder: b, params, inputs, inputShapes, masks, training, frozen } = context;
    const x = inputs[0]!;
    const shape = inputShapes[0]!;
    const axes = axesOf(integersOf(params['axis']), shape);
    const epsilon = numberOf(params['epsilon']);
    // As in Keras 2, with several axes the weights have an axis for each of the input's, most of size 1.
    const kept = axes.length === 1 ? [shape[axes[0]!]!] : shape.map((size, i) => (axes.includes(i) ? size! : 1));
    const flat = [productOf(kept)];
    const inOne = (value: ValueId | null): ValueId | null =>
      value === null || axes.length === 1 ? value : b.reshape(value, flat);
    const asWeights = (moments: Moments, to: readonly number[]): Moments =>
      axes.length === 1 ? moments : { mean: b.reshape(moments.mean, to), variance: b.reshape(moments.variance, to) };
    const stored = storedMoments(context, kept);
    const weights = {
      gamma: inOne(affineWeight(context, 'gamma', kept)),
      beta: inOne(affineWeight(context, 'beta', kept)),
    };
    // As in Keras, a frozen layer uses the stored statistics, unless `statisticsWhenFrozen` is 'batch'.
    if (!training || (frozen && params['statisticsWhenFrozen'] !== 'batch')) {
      return normalizedBy(b, x, axes, asWeights(stored, flat), weights, epsilon);
    }
    const mask = masks[0] ?? null;
    if (mask === null) {
      const { output, ...batch } = normalizedByBatch(b, x, axes, weights, epsilon);
      follow(context, stored, asWeights(batch, kept));
      return output;
    }
    const batch = maskedMoments(b, x, axes, mask);
    follow(context, stored, asWeights(batch, kept));
    return normalizedBy(b, x, axes, batch, weights, epsilon);
  },
};
