import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { axesProblem, axisOf, axisParameter, otherAxes } from '../../definition/axes.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { maskColumn, whereMasked } from '../../definition/masks.ts';
import type { Mask } from '../../definition/masks.ts';
import { affineParameters, affineWeight, epsilonParameter } from './normalization-parameters.ts';
import { numberOf } from '../../parameters/number.ts';
import { initializerOf, initializerParameter } from '../../definition/weight-parameters.ts';

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
  axis: number,
  { gamma, beta }: Affine,
  epsilon: number,
): Moments & { output: ValueId } {
  const shape = b.shapeOf(x);
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

/** x normalized by given moments, as one factor and one offset a channel. */
function normalizedBy(
  b: ProgramBuilder,
  x: ValueId,
  axis: number,
  { mean, variance }: Moments,
  { gamma, beta }: Affine,
  epsilon: number,
): ValueId {
  const deviation = b.plain('sqrt', b.add(variance, b.scalar(epsilon)));
  const scale = b.divide(gamma ?? b.scalar(1), deviation);
  const fromMean = b.multiply(mean, scale);
  const offset = beta === null ? b.plain('negative', fromMean) : b.subtract(beta, fromMean);
  return b.add(b.multiply(x, spread(b, scale, x, axis)), spread(b, offset, x, axis));
}

/** Mean and variance over the steps that count alone. Source: Keras 3 `BatchNormalization._moments`. */
function maskedMoments(b: ProgramBuilder, x: ValueId, axis: number, mask: Mask): Moments {
  const shape = b.shapeOf(x);
  const axes = [0, ...otherAxes([axis], shape)];
  const weights = b.plain('broadcastLike', b.cast(maskColumn(b, mask), 'float32'), x);
  const count = b.add(b.reduceSum(weights, axes), b.scalar(KERAS_EPSILON));
  const mean = b.divide(b.reduceSum(whereMasked(b, mask, x, 0), axes), count);
  const difference = whereMasked(b, mask, b.subtract(x, spread(b, mean, x, axis)), 0);
  return { mean, variance: b.divide(b.reduceSum(b.plain('square', difference), axes), count) };
}

/** Reads the moving statistics. */
function storedMoments({ params, weight }: LayerContext, shape: readonly number[]): Moments {
  const read = (name: string, initializer: string): ValueId =>
    weight({ name, shape, initializer: initializerOf(params[initializer]), trainable: false });
  return {
    mean: read('moving_mean', 'movingMeanInitializer'),
    variance: read('moving_variance', 'movingVarianceInitializer'),
  };
}

/** The stored statistics follow those of a batch. */
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
    cancelsBias: ({ center, axis }, [shape]) => center === true && (axis === -1 || axis === shape!.length - 1),
  },
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
  keras: { inMode: (training) => (training ? null : { frozen: true }) },
  summarize: () => '',
  whenFrozen: ({ statisticsWhenFrozen }) =>
    statisticsWhenFrozen === 'batch'
      ? { summary: 'by batch', meaning: 'It normalizes with the batch, and its stored statistics follow.' }
      : {
          summary: 'inference',
          meaning:
            'It normalizes with its stored mean and variance in training too, and they do not change (inference mode), as in Keras.',
        },
  check: ({ axis }, [shape]) => axesProblem([numberOf(axis)], shape!),
  emit: (context) => {
    const { builder: b, params, inputs, inputShapes, masks, training, frozen } = context;
    const x = inputs[0]!;
    const shape = inputShapes[0]!;
    const axis = axisOf(numberOf(params['axis']), shape);
    const epsilon = numberOf(params['epsilon']);
    const channels = [shape[axis]!];
    const stored = storedMoments(context, channels);
    const weights = {
      gamma: affineWeight(context, 'gamma', channels),
      beta: affineWeight(context, 'beta', channels),
    };
    // As in Keras, a frozen layer uses the stored statistics, unless `statisticsWhenFrozen` is 'batch'.
    if (!training || (frozen && params['statisticsWhenFrozen'] !== 'batch')) {
      return normalizedBy(b, x, axis, stored, weights, epsilon);
    }
    const mask = masks[0] ?? null;
    if (mask === null) {
      const { output, ...batch } = normalizedByBatch(b, x, axis, weights, epsilon);
      follow(context, stored, batch);
      return output;
    }
    const batch = maskedMoments(b, x, axis, mask);
    follow(context, stored, batch);
    return normalizedBy(b, x, axis, batch, weights, epsilon);
  },
};
