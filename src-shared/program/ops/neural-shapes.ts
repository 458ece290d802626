import { formatShape, reducedShape, ShapeError } from '../shape.ts';
import type { Conv2dAttributes, Padding2d, Pool2dAttributes, TensorType } from '../types.ts';
import { fixedSize, requireRank, requireSameShape, requireType, tensor } from './shape-rule.ts';
import type { ShapeRules } from './shape-rule.ts';

/**
 * Size of one spatial axis after a window has moved over it.
 * @param explicit Padding before and after, used where `padding` is not a name.
 */
function windowedSize(
  size: number,
  window: number,
  stride: number,
  padding: Padding2d,
  explicit: readonly [number, number],
): number {
  if (padding === 'same') return Math.ceil(size / stride);
  const padded = padding === 'valid' ? size : size + explicit[0] + explicit[1];
  const result = Math.floor((padded - window) / stride) + 1;
  if (result < 1) throw new ShapeError(`Expected at least ${window} pixels under the window; received ${padded}.`);
  return result;
}

function convolutionShape(attributes: Conv2dAttributes, x: TensorType, kernel: TensorType): TensorType {
  requireType(x, ['float32'], 'images');
  requireRank(x, 4, 'images [batch, height, width, channels]');
  requireRank(kernel, 4, 'a kernel [height, width, channels / groups, filters]');
  const { strides, padding, dilations, groups } = attributes;
  const channels = fixedSize(x, 3, 'images');
  const filters = fixedSize(kernel, 3, 'a kernel');
  if (channels !== fixedSize(kernel, 2, 'a kernel') * groups || filters % groups !== 0) {
    throw new ShapeError(
      `Expected a kernel for ${channels} channels in ${groups} groups; received ${formatShape(kernel.shape)}.`,
    );
  }
  const [top, bottom, left, right] = typeof padding === 'string' ? [0, 0, 0, 0] : padding;
  const window = (axis: 0 | 1): number => (fixedSize(kernel, axis, 'a kernel') - 1) * dilations[axis] + 1;
  const height = windowedSize(fixedSize(x, 1, 'images'), window(0), strides[0], padding, [top, bottom]);
  const width = windowedSize(fixedSize(x, 2, 'images'), window(1), strides[1], padding, [left, right]);
  return tensor('float32', [x.shape[0]!, height, width, filters]);
}

function poolShape({ poolSize, strides, padding }: Pool2dAttributes, x: TensorType): TensorType {
  requireType(x, ['float32'], 'images');
  requireRank(x, 4, 'images [batch, height, width, channels]');
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
  | 'maxPool2d'
  | 'maxPool2dGradient'
  | 'averagePool2d'
  | 'averagePool2dGradient'
  | 'softmax'
  | 'logSoftmax'
  | 'softmaxCrossEntropy'
  | 'sparseSoftmaxCrossEntropy';

export const neuralShapes: ShapeRules<NeuralName> = {
  conv2d: { inputs: 2, infer: (attributes, x, kernel) => [convolutionShape(attributes, x!, kernel!)] },
  conv2dInputGradient: {
    inputs: 2,
    infer: (attributes, kernel, gradient) => {
      requireRank(kernel!, 4, 'a kernel [height, width, channels / groups, filters]');
      requireRank(gradient!, 4, 'a gradient [batch, height, width, filters]');
      const channels = fixedSize(kernel!, 2, 'a kernel') * attributes.groups;
      const x = tensor('float32', [gradient!.shape[0]!, ...attributes.inputSize, channels]);
      requireSameShape(convolutionShape(attributes, x, kernel!), gradient!, 'convolution and gradient');
      return [x];
    },
  },
  conv2dKernelGradient: {
    inputs: 3,
    infer: (attributes, x, like, gradient) => {
      requireSameShape(convolutionShape(attributes, x!, like!), gradient!, 'convolution and gradient');
      return [like!];
    },
  },
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
