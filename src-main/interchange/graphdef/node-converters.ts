import { clampedRelu, elu, leakyRelu } from '../../../src-shared/layers/activations/rectifiers.ts';
import { repeatElements } from '../../../src-shared/layers/kinds/shape/repeat.ts';
import { interpolateElements } from '../../../src-shared/layers/kinds/shape/up-sampling.ts';
import type { PlainOp } from '../../../src-shared/program/builder/builder.ts';
import type { Padding2d, Pair, ValueId } from '../../../src-shared/program/language/types.ts';
import { dtypeOf } from './graph-def.ts';
import type { GraphNode } from './graph-def.ts';
import { einsum } from './einsum.ts';
import { axisOf, NodeRefusal, roles } from './node-conversion.ts';
import type { GraphValue, NodeContext, WeightRole } from './node-conversion.ts';
import { sliceOf } from './slices.ts';

/** Emits the operations of a node, and returns its outputs. @throws NodeRefusal, ShapeError. */
type Converter = (context: NodeContext, node: GraphNode) => GraphValue | readonly GraphValue[];

/** A converter of nodes with one output that is computed. */
type Emitter = (context: NodeContext, node: GraphNode) => ValueId;

const computed = (value: ValueId): GraphValue => ({ kind: 'computed', value });

const emitting =
  (emit: Emitter): Converter =>
  (context, node) =>
    computed(emit(context, node));

/** @param as What a tensor of the file is as an operand. */
const binary = (op: PlainOp, as: WeightRole = roles.constant): Converter =>
  emitting((context) => {
    const isOfExamples = context.isComputed(0) || context.isComputed(1);
    const [a, b] = [0, 1].map((index) => context.value(index, isOfExamples ? as : roles.constant));
    return context.builder.plain(op, a!, b!);
  });

const unary = (op: PlainOp): Converter => emitting((context) => context.builder.plain(op, context.value(0)));

function reciprocal({ builder }: NodeContext, x: ValueId): ValueId {
  return builder.divide(builder.scalar(1), x);
}

function relu6({ builder }: NodeContext, x: ValueId): ValueId {
  return clampedRelu(builder, x, { maxValue: 6, negativeSlope: 0, threshold: 0 });
}

/** x, or slope · x where it is negative. */
function prelu({ builder }: NodeContext, x: ValueId, slope: ValueId): ValueId {
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

function slopeOf({ builder, attributes }: NodeContext, name: string): ValueId {
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
  const [shape, right] = [builder.shapeOf(a), builder.shapeOf(b)];
  if (shape.length <= right.length || right.length !== 2 || transposeA) {
    return builder.matMul(a, b, transposeA, transposeB);
  }
  // The same matrix for all leading axes.
  const rows = builder.reshape(a, [null, shape.at(-1)!]);
  const product = builder.matMul(rows, b, false, transposeB);
  return builder.reshape(product, [...shape.slice(0, -1), builder.shapeOf(product)[1]!]);
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

const reduction = (op: 'reduceSum' | 'reduceMean' | 'reduceMax' | 'reduceMin'): Converter =>
  emitting((context) => {
    const shape = context.shape(0);
    const axes = context.axes(1, shape.length);
    const keepDims = context.attributes.bool('keep_dims') || context.attributes.bool('keepDims');
    if (axes.some((axis) => shape[axis] === null)) throw new NodeRefusal('a reduction over the examples of a batch');
    if (axes.length === 0) return context.value(0);
    return context.builder[op](context.value(0), axes, keepDims);
  });

function squeeze(context: NodeContext): ValueId {
  const shape = context.shape(0);
  const given = context.attributes.ints('squeeze_dims');
  const dims = (given.length > 0 ? given : context.attributes.ints('axis')).map((axis) => axisOf(axis, shape.length));
  const removed = dims.length > 0 ? dims : shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  if (removed.some((axis) => shape[axis] !== 1)) throw new NodeRefusal('an axis to remove whose size is not 1');
  return context.builder.reshape(
    context.value(0),
    shape.filter((_, axis) => !removed.includes(axis)),
  );
}

function inserted(context: NodeContext, value: ValueId, given: number): ValueId {
  const shape = context.builder.shapeOf(value);
  const axis = axisOf(given, shape.length + 1);
  if (axis === 0 && shape[0] === null) throw new NodeRefusal('a new axis before the batch axis');
  return context.builder.reshape(value, shape.toSpliced(axis, 0, 1));
}

function transpose(context: NodeContext): ValueId {
  const permutation = context.numbers(1);
  if (context.shape(0)[0] === null && permutation[0] !== 0) throw new NodeRefusal('a batch axis that is moved');
  return context.builder.transpose(context.value(0), permutation);
}

function concat(context: NodeContext): ValueId {
  const count = context.inputs.length - 1;
  const values = context.inputs.slice(0, -1).map((_, index) => context.value(index));
  const rank = context.builder.shapeOf(values[0]!).length;
  return context.builder.concat(values, axisOf(context.numbers(count)[0] ?? Number.NaN, rank));
}

function pack(context: NodeContext): ValueId {
  const axis = context.attributes.int('axis', 0);
  const values = context.inputs.map((_, index) => inserted(context, context.value(index), axis));
  return context.builder.concat(values, axisOf(axis, context.builder.shapeOf(values[0]!).length));
}

/** Parts along an axis. @param isRemoved Whether parts have no such axis: Unpack. */
function parts(
  context: NodeContext,
  value: ValueId,
  axis: number,
  sizes: readonly number[],
  isRemoved = false,
): GraphValue[] {
  const { builder } = context;
  const shape = builder.shapeOf(value);
  if (shape[axis] === null) throw new NodeRefusal('a batch that is divided');
  let start = 0;
  return sizes.map((size) => {
    const starts = shape.map((_, each) => (each === axis ? start : 0));
    const part = builder.slice(
      value,
      starts,
      shape.map((_, each) => (each === axis ? size : -1)),
    );
    start += size;
    return computed(isRemoved ? builder.reshape(part, shape.toSpliced(axis, 1)) : part);
  });
}

const split: Converter = (context) => {
  const value = context.value(1);
  const shape = context.builder.shapeOf(value);
  const axis = axisOf(context.numbers(0)[0] ?? Number.NaN, shape.length);
  const count = context.attributes.int('num_split', 1);
  const size = (shape[axis] ?? Number.NaN) / count;
  if (!Number.isInteger(size)) throw new NodeRefusal('parts of different sizes');
  return parts(context, value, axis, new Array<number>(count).fill(size));
};

const splitBySizes: Converter = (context) => {
  const value = context.value(0);
  const axis = axisOf(context.numbers(2)[0] ?? Number.NaN, context.builder.shapeOf(value).length);
  return parts(context, value, axis, context.numbers(1));
};

const unpack: Converter = (context) => {
  const value = context.value(0);
  const shape = context.builder.shapeOf(value);
  const axis = axisOf(context.attributes.int('axis', 0), shape.length);
  return parts(context, value, axis, new Array<number>(shape[axis] ?? 0).fill(1), true);
};

/** Margins before and after each axis. */
function marginsOf(context: NodeContext): { before: number[]; after: number[] } {
  const margins = context.numbers(1);
  const before = margins.filter((_, index) => index % 2 === 0);
  const after = margins.filter((_, index) => index % 2 === 1);
  if (margins.some((margin) => margin < 0)) throw new NodeRefusal('negative margins');
  return { before, after };
}

function pad(context: NodeContext): ValueId {
  const { before, after } = marginsOf(context);
  const [value = 0] = context.inputs.length > 2 ? context.numbers(2) : [0];
  return context.builder.pad(context.value(0), before, after, value);
}

/** Margins that repeat the values in reverse order; REFLECT leaves out the outermost one. */
function mirrorPad(context: NodeContext): ValueId {
  const { builder, attributes } = context;
  const { before, after } = marginsOf(context);
  const skipped = attributes.text('mode', '').toUpperCase() === 'REFLECT' ? 1 : 0;
  return before.reduce((value, margin, axis) => {
    const shape = builder.shapeOf(value);
    const size = shape[axis];
    const part = (start: number, length: number): ValueId[] => {
      if (length === 0) return [];
      if (size == null) throw new NodeRefusal('a batch with margins');
      const starts = shape.map((_, each) => (each === axis ? start : 0));
      const sizes = shape.map((_, each) => (each === axis ? length : -1));
      return [builder.reverse(builder.slice(value, starts, sizes), axis)];
    };
    const end = after[axis] ?? 0;
    if (margin === 0 && end === 0) return value;
    return builder.concat([...part(skipped, margin), value, ...part((size ?? 0) - skipped - end, end)], axis);
  }, context.value(0));
}

function slice(context: NodeContext): ValueId {
  const x = context.value(0);
  const sizes = context.sizesFor(x, 0);
  const starts = context.numbers(1);
  // The number of examples of the batch, in any form, is the whole batch axis.
  const [a, b] = context.host(2).values;
  const whole = a.map((size, axis) => {
    const isBatch = context.builder.shapeOf(x)[axis] === null;
    if (!isBatch && size === b[axis]) return size;
    return isBatch && (size === -1 || (size === sizes[axis] && b[axis] === context.sizesFor(x, 1)[axis])) ? -1 : 0;
  });
  if (whole.includes(0)) throw new NodeRefusal('a part of a batch');
  return context.builder.slice(x, starts, whole);
}

function stridedSlice(context: NodeContext): ValueId {
  const x = context.value(0);
  const shape = context.builder.shapeOf(x);
  const taken = ([0, 1] as const).map((batch) => {
    const [begin, end, strides] = [1, 2, 3].map((index) => context.host(index).values[batch]);
    return sliceOf(context.attributes, context.sizesFor(x, batch), begin!, end!, strides!);
  });
  const [a, b] = taken;
  if (a == null || b == null) throw new NodeRefusal('a slice with steps, or an empty one');
  const isBatched = shape[0] === null;
  const sizes = a.sizes.map((size, axis) => {
    const isWhole = [a, b].every((each, batch) => {
      return each.starts[axis] === 0 && each.sizes[axis] === context.sizesFor(x, batch === 0 ? 0 : 1)[axis];
    });
    if (shape[axis] === null && !isWhole) throw new NodeRefusal('a part of a batch');
    return shape[axis] === null ? -1 : size;
  });
  const part = context.builder.slice(x, a.starts, sizes);
  const result = a.shape.map((size, axis) =>
    axis === 0 && isBatched && size === context.sizesFor(x, 0)[0] ? null : size,
  );
  if (isBatched && result[0] !== null) throw new NodeRefusal('a new axis before the batch axis');
  return context.builder.reshape(part, result);
}

function gather(context: NodeContext): ValueId {
  const { attributes, builder } = context;
  if (attributes.int('batch_dims', 0) !== 0) throw new NodeRefusal('batch_dims');
  const isTable = !context.isComputed(0);
  const x = context.value(0, roles.embeddings);
  const axis = axisOf(context.numbers(2)[0] ?? Number.NaN, builder.shapeOf(x).length);
  const indices = context.value(1);
  if (!isTable && builder.shapeOf(indices).includes(null))
    throw new NodeRefusal('indices into the examples of a batch');
  return builder.gather(x, indices, axis);
}

const resize = (interpolate: typeof repeatElements, isExact: (context: NodeContext) => boolean): Converter =>
  emitting((context) => {
    const sizes = context.numbers(1);
    if (context.attributes.bool('align_corners') || !isExact(context))
      throw new NodeRefusal('aligned corners, or pixels without half_pixel_centers');
    return sizes.reduce((value, size, index) => {
      const times = size / (context.shape(0)[index + 1] ?? Number.NaN);
      if (!Number.isInteger(times) || times < 1) throw new NodeRefusal(`a size of ${sizes.join(' × ')}`);
      return interpolate(context.builder, value, index + 1, times);
    }, context.value(0));
  });

function tile(context: NodeContext): ValueId {
  return context.numbers(1).reduce((value, times, axis) => {
    if (times === 1) return value;
    if (context.builder.shapeOf(value)[axis] === null || !(times > 0 && times <= MAX_REPEATS)) {
      throw new NodeRefusal(`${times} repetitions along axis ${axis}`);
    }
    return context.builder.concat(new Array<ValueId>(times).fill(value), axis);
  }, context.value(0));
}

const MAX_REPEATS = 1000;

function cast(context: NodeContext): ValueId {
  const type = context.attributes.type('DstT', '');
  const dtype = dtypeOf(type);
  if (dtype === null) throw new NodeRefusal(`numbers of type ${type}`);
  return context.builder.cast(context.value(0), dtype);
}

const same: Converter = ({ inputs }) => {
  const [input] = inputs;
  if (input === undefined) throw new NodeRefusal('0 inputs');
  return input;
};

const select: Converter = emitting((context) =>
  context.builder.select(context.value(0), context.value(1), context.value(2)),
);

/** Operations of TensorFlow that are converted, by name. */
export const nodeConverters: Readonly<Record<string, Converter>> = {
  Identity: same,
  StopGradient: same,
  PreventGradient: same,
  Snapshot: same,
  Shape: (context) => ({ kind: 'host', host: context.shapeAsHost(context.value(0)) }),
  Cast: emitting(cast),

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

  Add: binary('add', roles.offset),
  AddN: emitting((context) => {
    const values = context.inputs.map((_, index) => context.value(index));
    return values.slice(1).reduce((sum, value) => context.builder.add(sum, value), context.value(0));
  }),
  AddV2: binary('add', roles.offset),
  Sub: binary('subtract', roles.offset),
  Mul: binary('multiply', roles.scale),
  RealDiv: binary('divide'),
  Div: binary('divide'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  Pow: binary('power'),
  SquaredDifference: emitting((context) => {
    return context.builder.plain('square', context.builder.subtract(context.value(0), context.value(1)));
  }),
  Greater: binary('greater'),
  GreaterEqual: binary('greaterEqual'),
  Less: binary('less'),
  LessEqual: binary('lessEqual'),
  Equal: binary('equal'),
  LogicalAnd: binary('logicalAnd'),
  LogicalOr: binary('logicalOr'),
  LogicalNot: unary('logicalNot'),
  Select: select,
  SelectV2: select,

  Neg: unary('negative'),
  Abs: unary('abs'),
  Sqrt: unary('sqrt'),
  Rsqrt: emitting((context) => reciprocal(context, context.builder.plain('sqrt', context.value(0)))),
  Reciprocal: emitting((context) => reciprocal(context, context.value(0))),
  Square: unary('square'),
  Exp: unary('exp'),
  Log: unary('log'),
  Log1p: unary('log1p'),
  Floor: unary('floor'),
  Sin: unary('sin'),
  Cos: unary('cos'),
  Erf: unary('erf'),
  Erfc: emitting((context) => {
    return context.builder.subtract(context.builder.scalar(1), context.builder.plain('erf', context.value(0)));
  }),
  Relu: unary('relu'),
  Relu6: emitting((context) => relu6(context, context.value(0))),
  Elu: unary('elu'),
  Selu: unary('selu'),
  LeakyRelu: emitting((context) => leakyRelu(context.builder, context.value(0), slopeOf(context, 'alpha'))),
  Prelu: emitting((context) => prelu(context, context.value(0), context.value(1, roles.alpha))),
  Sigmoid: unary('sigmoid'),
  Tanh: unary('tanh'),
  Softplus: unary('softplus'),
  Softmax: unary('softmax'),
  LogSoftmax: unary('logSoftmax'),

  Sum: reduction('reduceSum'),
  Mean: reduction('reduceMean'),
  Max: reduction('reduceMax'),
  Min: reduction('reduceMin'),

  Reshape: emitting((context) => context.reshape(context.value(0), context.host(1).values)),
  Squeeze: emitting(squeeze),
  ExpandDims: emitting((context) => inserted(context, context.value(0), context.numbers(1)[0] ?? Number.NaN)),
  Transpose: emitting(transpose),
  ConcatV2: emitting(concat),
  Pack: emitting(pack),
  Unpack: unpack,
  Split: split,
  SplitV: splitBySizes,
  Pad: emitting(pad),
  PadV2: emitting(pad),
  MirrorPad: emitting(mirrorPad),
  Slice: emitting(slice),
  StridedSlice: emitting(stridedSlice),
  GatherV2: emitting(gather),
  Tile: emitting(tile),
  Einsum: emitting((context) => einsum(context, context.attributes.text('equation', ''))),
  ResizeNearestNeighbor: resize(repeatElements, () => true),
  ResizeBilinear: resize(interpolateElements, (context) => context.attributes.bool('half_pixel_centers')),
};
