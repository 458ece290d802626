import { clampedRelu, gelu, geluApproximate } from '../../../src-shared/layers/activations/rectifiers.ts';
import type { ValueId } from '../../../src-shared/program/language/types.ts';
import { emitting } from '../graphdef/node-conversion.ts';
import type { Converter, NodeContext } from '../graphdef/node-conversion.ts';
import { axisOf, NodeRefusal } from '../operations/graph-program.ts';
import { between, roundedToEven } from '../operations/rounding.ts';

/** Operations that TensorFlow Lite has and `graphdef` does not. */

/**
 * The real numbers that stored whole numbers stand for: the nearest of scale · (q − zero) with q from low to high.
 * Source: https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec.
 */
function quantized({ builder: b, attributes }: NodeContext, x: ValueId): ValueId {
  const scale = attributes.float('scale', 0);
  const zero = attributes.int('zero', 0);
  const [low, high] = [attributes.int('low', 0), attributes.int('high', 0)];
  const step = b.scalar(scale);
  const whole = b.plain('floor', b.add(b.divide(x, step), b.scalar(0.5)));
  return b.multiply(between(b, whole, low - zero, high - zero), step);
}

function l2Normalized({ builder: b }: NodeContext, x: ValueId): ValueId {
  const last = b.shapeOf(x).length - 1;
  const norm = b.plain('sqrt', b.reduceSum(b.plain('square', x), [last], true));
  return b.divide(x, b.plain('maximum', norm, b.scalar(Math.fround(1e-6))));
}

function hardSwish({ builder: b }: NodeContext, x: ValueId): ValueId {
  const gate = clampedRelu(b, b.add(x, b.scalar(3)), { maxValue: 6, negativeSlope: 0, threshold: 0 });
  return b.divide(b.multiply(x, gate), b.scalar(6));
}

function sizesOf({ builder }: NodeContext, x: ValueId): readonly [number, number, number] {
  const [batch, height, width, channels, ...others] = builder.shapeOf(x);
  if (batch !== null || height == null || width == null || channels == null || others.length > 0) {
    throw new NodeRefusal('values that are not pictures');
  }
  return [height, width, channels];
}

function depthToSpace(context: NodeContext, x: ValueId): ValueId {
  const { builder: b } = context;
  const [height, width, channels] = sizesOf(context, x);
  const block = context.attributes.int('block_size', 1);
  const depth = channels / block ** 2;
  if (!Number.isInteger(depth)) throw new NodeRefusal(`${channels} channels in blocks of ${block}`);
  const blocks = b.transpose(b.reshape(x, [null, height, width, block, block, depth]), [0, 1, 3, 2, 4, 5]);
  return b.reshape(blocks, [null, height * block, width * block, depth]);
}

function spaceToDepth(context: NodeContext, x: ValueId): ValueId {
  const { builder: b } = context;
  const [height, width, channels] = sizesOf(context, x);
  const block = context.attributes.int('block_size', 1);
  const [rows, columns] = [height / block, width / block];
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new NodeRefusal(`${height} × ${width} pixels in blocks of ${block}`);
  }
  const blocks = b.transpose(b.reshape(x, [null, rows, block, columns, block, channels]), [0, 1, 3, 2, 4, 5]);
  return b.reshape(blocks, [null, rows, columns, block * block * channels]);
}

function cropped(context: NodeContext, x: ValueId): ValueId {
  const [height, width] = sizesOf(context, x);
  const [top = 0, bottom = 0, left = 0, right = 0] = context.numbers(1);
  const sizes = [height - top - bottom, width - left - right];
  if (sizes.some((size) => size < 1)) throw new NodeRefusal('a picture without pixels');
  return context.builder.slice(x, [0, top, left, 0], [-1, ...sizes, -1]);
}

function reversed(context: NodeContext, x: ValueId): ValueId {
  const { builder } = context;
  const shape = builder.shapeOf(x);
  return context.numbers(1).reduce((value, given) => {
    const axis = axisOf(given, shape.length);
    if (shape[axis] === null) throw new NodeRefusal('a reversed batch');
    return builder.reverse(value, axis);
  }, x);
}

const made = (emit: (context: NodeContext, x: ValueId) => ValueId): Converter =>
  emitting((context) => emit(context, context.value(0)));

export const tfliteConverters: Readonly<Record<string, Converter>> = {
  Quantized: made(quantized),
  Limited: made(({ builder, attributes }, x) => {
    return between(builder, x, attributes.float('low', 0), attributes.float('high', 0));
  }),
  Scaled: made(({ builder, attributes }, x) => {
    return builder.multiply(x, builder.scalar(attributes.float('factor', 1)));
  }),
  Round: made(({ builder }, x) => roundedToEven(builder, x)),
  Gelu: made(({ builder, attributes }, x) => {
    return attributes.bool('approximate') ? geluApproximate(builder, x) : gelu(builder, x);
  }),
  HardSwish: made(hardSwish),
  L2Normalized: made(l2Normalized),
  DepthToSpace: made(depthToSpace),
  SpaceToDepth: made(spaceToDepth),
  Cropped: made(cropped),
  ReverseV2: made(reversed),
};
