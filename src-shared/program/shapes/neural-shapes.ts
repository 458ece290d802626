import { showShape, reducedShape, ShapeError } from '../language/shape.ts';
import type { ConvolutionAttributes, Pool2dAttributes, TensorType } from '../language/types.ts';
import { fixedSize, requireRank, requireSameShape, requireType, tensor } from './shape-rule.ts';
import type { ShapeRule, ShapeRules } from './shape-rule.ts';

/**
 * Output size of a convolution or pooling along one spatial axis.
 * @param explicit Padding before and after, if `padding` is neither 'same' nor 'valid'.
 */
function windowedSize(
  size: number,
  window: number,
  stride: number,
  padding: ConvolutionAttributes['padding'],
  explicit: readonly [number, number],
): number {
  if (padding === 'same') return Math.ceil(size / stride);
  const padded = padding === 'valid' ? size : size + explicit[0] + explicit[1];
  const result = Math.floor((padded - window) / stride) + 1;
  if (result < 1) throw new ShapeError(`Expected at least ${window} pixels under the window; received ${padded}.`);
  return result;
}

/** Inputs of a convolution over two or three axes, for messages. */
const INPUT_NAMES = {
  2: { x: 'images of height × width × channels', kernel: 'a kernel [height, width, channels / groups, filters]' },
  3: {
    x: 'volumes of depth × height × width × channels',
    kernel: 'a kernel [depth, height, width, channels / groups, filters]',
  },
} as const;

/** @param axes Number of spatial axes. */
function convolutionShape(
  axes: 2 | 3,
  attributes: ConvolutionAttributes,
  x: TensorType,
  kernel: TensorType,
): TensorType {
  const names = INPUT_NAMES[axes];
  requireType(x, ['float32'], names.x);
  requireRank(x, axes + 2, names.x);
  requireRank(kernel, axes + 2, names.kernel);
  const { strides, padding, dilations, groups } = attributes;
  const channels = fixedSize(x, axes + 1, names.x);
  const filters = fixedSize(kernel, axes + 1, 'a kernel');
  if (channels !== fixedSize(kernel, axes, 'a kernel') * groups || filters % groups !== 0) {
    throw new ShapeError(
      `Expected a kernel for ${channels} channels in ${groups} groups; received ${showShape(kernel.shape)}.`,
    );
  }
  const sizes = strides.map((stride, axis) => {
    const window = (fixedSize(kernel, axis, 'a kernel') - 1) * dilations[axis]! + 1;
    const explicit = typeof padding === 'string' ? [0, 0] : padding.slice(2 * axis, 2 * axis + 2);
    return windowedSize(fixedSize(x, axis + 1, names.x), window, stride, padding, [explicit[0]!, explicit[1]!]);
  });
  return tensor('float32', [x.shape[0]!, ...sizes, filters]);
}

function inputGradientShape(
  axes: 2 | 3,
  attributes: ConvolutionAttributes & { readonly inputSize: readonly number[] },
  kernel: TensorType,
  gradient: TensorType,
): TensorType {
  requireRank(kernel, axes + 2, INPUT_NAMES[axes].kernel);
  requireRank(gradient, axes + 2, `a gradient like ${INPUT_NAMES[axes].x}`);
  const channels = fixedSize(kernel, axes, 'a kernel') * attributes.groups;
  const x = tensor('float32', [gradient.shape[0]!, ...attributes.inputSize, channels]);
  requireSameShape(convolutionShape(axes, attributes, x, kernel), gradient, 'convolution and gradient');
  return x;
}

/** Shape rules of a convolution over two or three axes and of its gradients. */
function convolutionRule(axes: 2 | 3): {
  forward: ShapeRule<'conv2d' | 'conv3d'>;
  inputGradient: ShapeRule<'conv2dInputGradient' | 'conv3dInputGradient'>;
  kernelGradient: ShapeRule<'conv2dKernelGradient' | 'conv3dKernelGradient'>;
} {
  return {
    forward: { inputs: 2, infer: (attributes, x, kernel) => [convolutionShape(axes, attributes, x!, kernel!)] },
    inputGradient: {
      inputs: 2,
      infer: (attributes, kernel, gradient) => [inputGradientShape(axes, attributes, kernel!, gradient!)],
    },
    kernelGradient: {
      inputs: 3,
      infer: (attributes, x, like, gradient) => {
        const convolved = convolutionShape(axes, attributes, x!, like!);
        requireSameShape(convolved, gradient!, 'convolution and gradient');
        return [like!];
      },
    },
  };
}

function poolShape({ poolSize, strides, padding }: Pool2dAttributes, x: TensorType): TensorType {
  requireType(x, ['float32'], 'images');
  requireRank(x, 4, 'images of height × width × channels');
  const height = windowedSize(fixedSize(x, 1, 'images'), poolSize[0], strides[0], padding, [0, 0]);
  const width = windowedSize(fixedSize(x, 2, 'images'), poolSize[1], strides[1], padding, [0, 0]);
  return tensor('float32', [x.shape[0]!, height, width, x.shape[3]!]);
}

function requireLogits(logits: TensorType): void {
  requireType(logits, ['float32'], 'logits');
  requireRank(logits, 2, 'logits [examples, classes]');
}

type NeuralName =
  | 'conv2d'
  | 'conv2dInputGradient'
  | 'conv2dKernelGradient'
  | 'conv3d'
  | 'conv3dInputGradient'
  | 'conv3dKernelGradient'
  | 'maxPool2d'
  | 'maxPool2dGradient'
  | 'averagePool2d'
  | 'averagePool2dGradient'
  | 'batchNormalization'
  | 'batchNormalizationGradient'
  | 'softmax'
  | 'logSoftmax'
  | 'softmaxCrossEntropy'
  | 'sparseSoftmaxCrossEntropy';

const overImages = convolutionRule(2);
const overVolumes = convolutionRule(3);

export const neuralShapes: ShapeRules<NeuralName> = {
  conv2d: overImages.forward,
  conv2dInputGradient: overImages.inputGradient,
  conv2dKernelGradient: overImages.kernelGradient,
  conv3d: overVolumes.forward,
  conv3dInputGradient: overVolumes.inputGradient,
  conv3dKernelGradient: overVolumes.kernelGradient,
  maxPool2d: { inputs: 1, infer: (attributes, x) => [poolShape(attributes, x!)] },
  maxPool2dGradient: {
    inputs: 3,
    infer: (attributes, x, pooled, gradient) => {
      requireSameShape(poolShape(attributes, x!), pooled!, 'pooled values');
      requireSameShape(pooled!, gradient!, 'pooled values and gradient');
      return [x!];
    },
  },
  averagePool2d: { inputs: 1, infer: (attributes, x) => [poolShape(attributes, x!)] },
  averagePool2dGradient: {
    inputs: 2,
    infer: (attributes, like, gradient) => {
      requireSameShape(poolShape(attributes, like!), gradient!, 'pooled values and gradient');
      return [like!];
    },
  },
  batchNormalization: {
    inputs: 3,
    infer: (_, x, gamma, beta) => {
      const channels = channelsOf(x!);
      requireSameShape(channels, gamma!, 'channels and gamma');
      requireSameShape(channels, beta!, 'channels and beta');
      return [x!, channels, channels];
    },
  },
  batchNormalizationGradient: {
    inputs: 5,
    infer: (_, x, gamma, mean, variance, gradient) => {
      const channels = channelsOf(x!);
      for (const value of [gamma!, mean!, variance!])
        requireSameShape(channels, value, 'channels and their statistics');
      requireSameShape(x!, gradient!, 'values and gradient');
      return [x!, channels, channels];
    },
  },
  softmax: { inputs: 1, infer: (_, x) => [lastAxis(x!)] },
  logSoftmax: { inputs: 1, infer: (_, x) => [lastAxis(x!)] },
  softmaxCrossEntropy: {
    inputs: 2,
    infer: (_, logits, labels) => {
      requireLogits(logits!);
      requireType(labels!, ['float32'], 'labels');
      requireSameShape(logits!, labels!, 'logits and labels');
      return [tensor('float32', reducedShape(logits!.shape, [1], false)), logits!];
    },
  },
  sparseSoftmaxCrossEntropy: {
    inputs: 2,
    infer: (_, logits, labels) => {
      requireLogits(logits!);
      requireType(labels!, ['int32'], 'labels');
      const loss = tensor('float32', reducedShape(logits!.shape, [1], false));
      requireSameShape(loss, labels!, 'losses and labels');
      return [loss, logits!];
    },
  },
};

function lastAxis(x: TensorType): TensorType {
  requireType(x, ['float32'], 'an input');
  fixedSize(x, x.shape.length - 1, 'an input');
  return x;
}

/** Type [C] of one value per channel of x [N, …, C]. */
function channelsOf(x: TensorType): TensorType {
  requireType(x, ['float32'], 'values');
  if (x.shape.length < 2) {
    throw new ShapeError(`Expected values of … × channels; received ${showShape(x.shape)}.`);
  }
  return tensor('float32', [fixedSize(x, x.shape.length - 1, 'values')]);
}
