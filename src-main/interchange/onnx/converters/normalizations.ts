import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import { NodeRefusal, roles } from '../../operations/graph-program.ts';
import { emitting } from './onnx-context.ts';
import type { OnnxContext, OnnxConverter } from './onnx-context.ts';

/** A value for each channel, to be used with a value whose channels are axis 1. */
function perChannel({ builder }: OnnxContext, value: ValueId, rank: number): ValueId {
  const shape = builder.shapeOf(value);
  if (shape.length !== 1) throw new NodeRefusal(`${shape.length} axes of a value for each channel`);
  return builder.reshape(value, [...shape, ...new Array<number>(rank - 2).fill(1)]);
}

function batchNormalization(context: OnnxContext): ValueId {
  const { builder: b } = context;
  if (context.number('training_mode', 0) !== 0) throw new NodeRefusal('normalization by the statistics of the batch');
  if (context.number('spatial', 1) === 0) throw new NodeRefusal('statistics for each position');
  const x = context.value(0);
  const rank = b.shapeOf(x).length;
  const gamma = context.value(1, roles.gamma);
  const beta = context.value(2, roles.beta);
  const mean = context.value(3, roles.movingMean);
  const variance = context.value(4, roles.movingVariance);
  const scale = b.divide(gamma, b.plain('sqrt', b.add(variance, context.scalar(context.number('epsilon', 1e-5)))));
  const offset = b.subtract(beta, b.multiply(mean, scale));
  return b.add(b.multiply(x, perChannel(context, scale, rank)), perChannel(context, offset, rank));
}

/** (x - mean) / √(variance + epsilon) over axes. */
function normalized(context: OnnxContext, x: ValueId, axes: readonly number[]): ValueId {
  const { builder: b } = context;
  context.requireWithin(axes, b.shapeOf(x));
  const centred = b.subtract(x, b.reduceMean(x, axes, true));
  const variance = b.reduceMean(b.plain('square', centred), axes, true);
  return b.divide(centred, b.plain('sqrt', b.add(variance, context.scalar(context.number('epsilon', 1e-5)))));
}

/** Gamma and beta for each channel. */
function scaled(context: OnnxContext, x: ValueId, rank: number): ValueId {
  const gamma = perChannel(context, context.value(1, roles.gamma), rank);
  const beta = perChannel(context, context.value(2, roles.beta), rank);
  return context.builder.add(context.builder.multiply(x, gamma), beta);
}

function instanceNormalization(context: OnnxContext): ValueId {
  const x = context.value(0);
  const rank = context.builder.shapeOf(x).length;
  const axes = Array.from({ length: rank }, (_, axis) => axis).slice(2);
  return scaled(context, normalized(context, x, axes), rank);
}

function layerNormalization(context: OnnxContext): ValueId {
  const { builder } = context;
  const x = context.value(0);
  const shape = builder.shapeOf(x);
  const first = context.axis(context.number('axis', -1), shape);
  const axes = [...shape.keys()].slice(first);
  const product = builder.multiply(normalized(context, x, axes), context.value(1, roles.gamma));
  return context.has(2) ? builder.add(product, context.value(2, roles.beta)) : product;
}

function groupNormalization(context: OnnxContext): ValueId {
  const { builder } = context;
  const x = context.value(0);
  const [channels = 0, ...sizes] = context.sizes(x);
  const groups = context.number('num_groups', 0);
  if (!(groups >= 1) || channels % groups !== 0) throw new NodeRefusal(`${groups} groups of ${channels} channels`);
  const divided = builder.reshape(x, [null, groups, channels / groups, ...sizes]);
  const axes = Array.from({ length: sizes.length + 1 }, (_, axis) => axis + 2);
  const result = normalized(context, divided, axes);
  // Since operator set 21 gamma and beta are for each channel, before that for each group.
  if (context.opset < 21) return builder.reshape(scaled(context, result, axes.length + 2), [null, channels, ...sizes]);
  return scaled(context, builder.reshape(result, [null, channels, ...sizes]), sizes.length + 2);
}

/** Local response normalization: x / (bias + alpha / size · Σ x²)^beta, over neighbouring channels. */
function localResponse(context: OnnxContext): ValueId {
  const { builder } = context;
  const x = context.value(0);
  const [channels = 0, ...rest] = context.sizes(x);
  const size = context.number('size', 0);
  if (!(size >= 1 && size <= 64)) throw new NodeRefusal(`a size of ${size}`);
  const before = Math.floor((size - 1) / 2);
  const margins = [0, 0, ...rest.map(() => 0)];
  const padded = builder.pad(builder.plain('square', x), margins.with(1, before), margins.with(1, size - 1 - before));
  const sum = Array.from({ length: size }, (_, start) =>
    builder.slice(padded, margins.with(1, start), [-1, channels, ...rest.map(() => -1)]),
  ).reduce((a, b) => builder.add(a, b));
  const scale = builder.multiply(sum, context.scalar(context.number('alpha', 1e-4) / size));
  const base = builder.add(scale, context.scalar(context.number('bias', 1)));
  return builder.divide(x, builder.plain('power', base, context.scalar(context.number('beta', 0.75))));
}

/** Before operator set 13 over all axes from one on, after that over one. */
const softmax = (op: 'softmax' | 'logSoftmax'): OnnxConverter =>
  emitting((context) => {
    const { builder } = context;
    const x = context.value(0);
    const shape = builder.shapeOf(x);
    const axis = context.axis(context.number('axis', context.opset < 13 ? 1 : -1), shape);
    context.requireWithin([axis], shape);
    const last = shape.length - 1;
    if (axis === last) return builder.plain(op, x);
    if (context.opset < 13) {
      const joined = shape.slice(axis).reduce<number>((product, size) => product * size!, 1);
      return builder.reshape(builder.plain(op, builder.reshape(x, [...shape.slice(0, axis), joined])), shape);
    }
    const order = [...shape.keys()].with(axis, last).with(last, axis);
    return builder.transpose(builder.plain(op, builder.transpose(x, order)), order);
  });

/** Operations that relate values to others of the same example. */
export const normalizations: Readonly<Record<string, OnnxConverter>> = {
  BatchNormalization: emitting(batchNormalization),
  InstanceNormalization: emitting(instanceNormalization),
  LayerNormalization: emitting(layerNormalization),
  GroupNormalization: emitting(groupNormalization),
  LRN: emitting(localResponse),
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
};
