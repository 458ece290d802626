import { clampedRelu, elu, leakyRelu } from '../../../src-shared/layers/activations/rectifiers.ts';
import type { Padding2d, Pair, ValueId } from '../../../src-shared/program/language/types.ts';
import { NodeRefusal, roles } from '../operations/graph-program.ts';
import { matrixProduct } from '../operations/matrix-product.ts';
import { computed, emitting } from './node-conversion.ts';
import type { Converter, GraphValue, NodeContext } from './node-conversion.ts';

export function relu6({ builder }: NodeContext, x: ValueId): ValueId {
  return clampedRelu(builder, x, { maxValue: 6, negativeSlope: 0, threshold: 0 });
}

/** x, or slope · x where it is negative. */
export function prelu({ builder }: NodeContext, x: ValueId, slope: ValueId): ValueId {
  const negative = builder.plain('relu', builder.plain('negative', x));
  return builder.subtract(builder.plain('relu', x), builder.multiply(negative, slope));
}

/** The operations that are fused with a product or a convolution: a bias, then an activation. */
function fused(context: NodeContext, product: ValueId): ValueId {
  const { builder, attributes } = context;
  let value = product;
  let next = 2;
  for (const op of attributes.texts('fused_ops')) {
    if (op === 'BiasAdd') value = builder.add(value, context.value(next++, roles.bias));
    else if (op === 'Relu') value = builder.plain('relu', value);
    else if (op === 'Relu6') value = relu6(context, value);
    else if (op === 'Elu') value = elu(builder, value, 1);
    else if (op === 'Sigmoid') value = builder.plain('sigmoid', value);
    else if (op === 'Tanh') value = builder.plain('tanh', value);
    else if (op === 'LeakyRelu') value = leakyRelu(builder, value, slopeOf(context, 'leakyrelu_alpha'));
    else if (op === 'Prelu') value = prelu(context, value, context.value(next++, roles.alpha));
    else throw new NodeRefusal(`the fused operation ${op}`);
  }
  return value;
}

export function slopeOf({ builder, attributes }: NodeContext, name: string): ValueId {
  return builder.scalar(Math.fround(attributes.float(name, Math.fround(0.2))));
}

/** Height and width of an attribute with four sizes. */
function windowOf({ attributes }: NodeContext, name: string, otherwise?: Pair): Pair {
  const format = attributes.text('data_format', 'NHWC');
  if (format !== 'NHWC') throw new NodeRefusal(`images as ${format}`);
  const sizes = attributes.ints(name);
  if (sizes.length === 0 && otherwise !== undefined) return otherwise;
  const [batch, height, width, channels] = sizes.length === 2 ? [1, ...sizes, 1] : sizes;
  if (batch !== 1 || channels !== 1 || height === undefined || width === undefined || !(height > 0 && width > 0)) {
    throw new NodeRefusal(`${name} of ${sizes.join(', ')}`);
  }
  return [height, width];
}

function paddingOf({ attributes }: NodeContext): Padding2d {
  const padding = attributes.text('padding', '');
  if (padding === 'SAME') return 'same';
  if (padding === 'VALID') return 'valid';
  const margins = attributes.ints('explicit_paddings');
  const [batch0, batch1, top, bottom, left, right, channel0, channel1] = margins;
  const isSpatial = margins.length === 8 && [batch0, batch1, channel0, channel1].every((margin) => margin === 0);
  if (padding !== 'EXPLICIT' || !isSpatial || margins.some((margin) => margin < 0)) {
    throw new NodeRefusal(`padding ${padding} ${margins.join(', ')}`);
  }
  return [top!, bottom!, left!, right!];
}

function conv2d(context: NodeContext): ValueId {
  const x = context.value(0);
  const kernel = context.value(1, roles.kernel);
  const channels = context.builder.shapeOf(x)[3] ?? 0;
  const inner = context.builder.shapeOf(kernel)[2] ?? 0;
  return context.builder.conv2d(x, kernel, {
    strides: windowOf(context, 'strides'),
    padding: paddingOf(context),
    dilations: windowOf(context, 'dilations', [1, 1]),
    groups: inner > 0 && channels % inner === 0 ? channels / inner : 1,
  });
}

function depthwise(context: NodeContext): ValueId {
  const { builder } = context;
  const kernel = context.value(1, roles.kernel);
  const [height, width, channels, multiplier] = builder.shapeOf(kernel);
  if (height == null || width == null || channels == null || multiplier == null)
    throw new NodeRefusal('a kernel without four axes');
  return builder.conv2d(context.value(0), builder.reshape(kernel, [height, width, 1, channels * multiplier]), {
    strides: windowOf(context, 'strides'),
    padding: paddingOf(context),
    dilations: windowOf(context, 'dilations', [1, 1]),
    groups: channels,
  });
}

/** A transposed convolution. Its first input is the shape of the result. */
function transposedConvolution(context: NodeContext): ValueId {
  const [[, height, width], [, otherHeight, otherWidth]] = context.host(0).values;
  if (height === undefined || width === undefined || height !== otherHeight || width !== otherWidth) {
    throw new NodeRefusal('a size that depends on the size of the batch');
  }
  return context.builder.conv2dInputGradient(context.value(1, roles.kernel), context.value(2), {
    strides: windowOf(context, 'strides'),
    padding: paddingOf(context),
    dilations: windowOf(context, 'dilations', [1, 1]),
    groups: 1,
    inputSize: [height, width],
  });
}

function matMul(context: NodeContext): ValueId {
  const { attributes, builder } = context;
  const a = context.value(0, roles.kernel);
  const b = context.value(1, roles.kernel);
  const transposeA = attributes.bool('transpose_a') || attributes.bool('adj_x');
  const transposeB = attributes.bool('transpose_b') || attributes.bool('adj_y');
  return matrixProduct(builder, a, b, transposeA, transposeB);
}

function batchNormalization(context: NodeContext): readonly GraphValue[] {
  const { attributes, builder: b } = context;
  if (attributes.bool('is_training', true)) throw new NodeRefusal('normalization by the statistics of the batch');
  const format = attributes.text('data_format', 'NHWC');
  if (format !== 'NHWC') throw new NodeRefusal(`images as ${format}`);
  const gamma = context.value(1, roles.gamma);
  const beta = context.value(2, roles.beta);
  const mean = context.value(3, roles.movingMean);
  const variance = context.value(4, roles.movingVariance);
  const epsilon = b.scalar(Math.fround(attributes.float('epsilon', Math.fround(1e-4))));
  const scale = b.divide(gamma, b.plain('sqrt', b.add(variance, epsilon)));
  const offset = b.subtract(beta, b.multiply(mean, scale));
  return [computed(b.add(b.multiply(context.value(0), scale), offset))];
}

const pooling = (op: 'maxPool2d' | 'averagePool2d'): Converter =>
  emitting((context) => {
    const padding = paddingOf(context);
    if (typeof padding !== 'string') throw new NodeRefusal('pooling with explicit padding');
    const poolSize = windowOf(context, 'ksize');
    return context.builder[op](context.value(0), { poolSize, strides: windowOf(context, 'strides'), padding });
  });

/** Products, convolutions, pooling and normalization. */
export const kernelConverters: Readonly<Record<string, Converter>> = {
  Conv2D: emitting(conv2d),
  FusedConv2D: emitting((context) => fused(context, conv2d(context))),
  _FusedConv2D: emitting((context) => fused(context, conv2d(context))),
  DepthwiseConv2dNative: emitting(depthwise),
  DepthwiseConv2d: emitting(depthwise),
  FusedDepthwiseConv2dNative: emitting((context) => fused(context, depthwise(context))),
  Conv2DBackpropInput: emitting(transposedConvolution),
  MatMul: emitting(matMul),
  BatchMatMul: emitting(matMul),
  BatchMatMulV2: emitting(matMul),
  _FusedMatMul: emitting((context) => fused(context, matMul(context))),
  BiasAdd: emitting((context) => context.builder.add(context.value(0), context.value(1, roles.bias))),
  FusedBatchNorm: batchNormalization,
  FusedBatchNormV2: batchNormalization,
  FusedBatchNormV3: batchNormalization,
  MaxPool: pooling('maxPool2d'),
  AvgPool: pooling('averagePool2d'),
};
