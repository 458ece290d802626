import { numbersAttribute, sizeOf, textAttribute } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { OnnxNode } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import {
  ceilMode,
  extentOf,
  outputSizes,
  samePadding,
  windowsOf,
} from '../../../../src-shared/interchange/onnx/operations/windows.ts';
import type { Windows } from '../../../../src-shared/interchange/onnx/operations/windows.ts';
import type { Padding2d, Pair, ValueId } from '../../../../src-shared/program/language/types.ts';
import { NodeRefusal, roles } from '../../operations/graph-program.ts';
import { emitting } from './onnx-context.ts';
import type { OnnxContext, OnnxConverter } from './onnx-context.ts';

/** Convolutions and poolings of images and sequences. Here channels come last; the file has them first. */

/** The lowest float32, which pooling ignores. */
const LOWEST = -3.4028234663852886e38;

interface Images {
  /** [n, height, width, channels]; a sequence has the height 1. */
  readonly x: ValueId;
  readonly channels: number;
  readonly sizes: Pair;
  /** Height and width. A sequence's are those of its axis after 1, with no pads. */
  readonly windows: Windows;
  /** Back to channels first, and to one axis for a sequence. */
  restored(value: ValueId): ValueId;
}

/** @param kernel Sizes of the weights, where the attribute is absent. */
function imagesOf(context: OnnxContext, kernel: readonly number[] | null): Images {
  const { builder, node } = context;
  const given = context.value(0);
  const [channels = 0, ...sizes] = context.sizes(given);
  const windows = withoutLower(node, sizes, windowsOf(plain(node), sizes.length + 2, kernel));
  if (windows.axes === 3) throw new NodeRefusal('volumes');
  if (windows.axes === 2) {
    const x = builder.transpose(given, [0, 2, 3, 1]);
    const restored = (value: ValueId): ValueId => builder.transpose(value, [0, 3, 1, 2]);
    return { x, channels, sizes: sizes as unknown as Pair, windows, restored };
  }
  const x = builder.reshape(builder.transpose(given, [0, 2, 1]), [null, 1, sizes[0]!, channels]);
  const restored = (value: ValueId): ValueId => {
    const [, , width, filters] = builder.shapeOf(value);
    return builder.transpose(builder.reshape(value, [null, width!, filters!]), [0, 2, 1]);
  };
  const two: Windows = {
    axes: 2,
    kernel: [1, ...windows.kernel],
    strides: [1, ...windows.strides],
    dilations: [1, ...windows.dilations],
    pads: windows.pads === null ? null : [[0, 0], ...windows.pads],
  };
  return { x, channels, sizes: [1, sizes[0]!], windows: two, restored };
}

const isLower = (node: OnnxNode): boolean => textAttribute(node, 'auto_pad', 'NOTSET') === 'SAME_LOWER';

/** With pads that are computed later, where an odd one comes first. */
function plain(node: OnnxNode): OnnxNode {
  if (!isLower(node)) return node;
  return { ...node, attributes: new Map([...node.attributes, ['auto_pad', 'SAME_UPPER']]) };
}

function withoutLower(node: OnnxNode, sizes: readonly number[], windows: Windows): Windows {
  if (!isLower(node)) return windows;
  return {
    ...windows,
    pads: sizes.map((size, axis) => {
      const [before, after] = samePadding(windows, axis, size);
      return [after, before] as const;
    }),
  };
}

const pair = ([height, width]: readonly number[]): Pair => [height!, width!];

function paddingOf({ pads }: Windows): Padding2d {
  if (pads === null) return 'same';
  const [[top, bottom], [left, right]] = pads as readonly [Pair, Pair];
  return top + bottom + left + right === 0 ? 'valid' : [top, bottom, left, right];
}

/** Weights with the filters last. Those of a sequence have the height 1. */
function kernelOf(context: OnnxContext): ValueId {
  const spatial = [...context.shapeOfInput(1).keys()].slice(2);
  const kernel = context.reordered(1, [...spatial, 1, 0], roles.kernel);
  const shape = context.builder.shapeOf(kernel);
  return shape.length === 4 ? kernel : context.builder.reshape(kernel, [1, ...shape]);
}

function withBias(context: OnnxContext, value: ValueId): ValueId {
  return context.has(2) ? context.builder.add(value, context.value(2, roles.bias)) : value;
}

function conv(context: OnnxContext): ValueId {
  const { x, windows, restored } = imagesOf(context, context.shapeOfInput(1).slice(2));
  const value = context.builder.conv2d(x, kernelOf(context), {
    strides: pair(windows.strides),
    padding: paddingOf(windows),
    dilations: pair(windows.dilations),
    groups: context.number('group', 1),
  });
  return restored(withBias(context, value));
}

function convTranspose(context: OnnxContext): ValueId {
  const { node } = context;
  const sizes = context.shapeOfInput(1).slice(2);
  const { x, sizes: input, windows, restored } = imagesOf(context, sizes);
  const { pads } = windows;
  if (pads === null || isLower(node) || node.attributes.has('output_shape')) {
    throw new NodeRefusal('auto_pad or output_shape');
  }
  if (context.number('group', 1) !== 1) throw new NodeRefusal('groups');
  const given = numbersAttribute(node, 'output_padding') ?? sizes.map(() => 0);
  const added = given.length === 1 ? [0, ...given] : given;
  const output = input.map((size, axis) => {
    const whole = (size - 1) * windows.strides[axis]! + extentOf(windows, axis);
    return whole + (added[axis] ?? 0) - pads[axis]![0] - pads[axis]![1];
  });
  if (output.some((size) => !(size >= 1))) throw new NodeRefusal('pads that are larger than the output');
  const value = context.builder.conv2dInputGradient(kernelOf(context), x, {
    strides: pair(windows.strides),
    padding: paddingOf(windows),
    dilations: pair(windows.dilations),
    groups: 1,
    inputSize: pair(output),
  });
  return restored(withBias(context, value));
}

/** Pads so that the last window ends where they do; negative ones cut off what no window sees. */
function reaching(windows: Windows, sizes: Pair, whole: boolean): { pads: Pair[]; given: Pair[]; result: number[] } {
  const given = sizes.map((size, axis) => windows.pads?.[axis] ?? samePadding(windows, axis, size)) as Pair[];
  const result = outputSizes(windows, sizes, given, whole);
  const pads = given.map(([before], axis): Pair => {
    const end = (result[axis]! - 1) * windows.strides[axis]! + extentOf(windows, axis);
    return [before, end - sizes[axis]! - before];
  });
  return { pads, given, result };
}

function padded({ builder }: OnnxContext, x: ValueId, pads: readonly Pair[], value: number): ValueId {
  const shape = builder.shapeOf(x);
  const kept = pads.map(([, after], axis) => shape[axis + 1]! + Math.min(0, after));
  const cut = pads.some(([, after]) => after < 0) ? builder.slice(x, [0, 0, 0, 0], [-1, ...kept, -1]) : x;
  const before = [0, ...pads.map(([start]) => start), 0];
  const after = [0, ...pads.map(([, end]) => Math.max(0, end)), 0];
  return [...before, ...after].every((pad) => pad === 0) ? cut : builder.pad(cut, before, after, value);
}

function poolWindows(context: OnnxContext): Images {
  const images = imagesOf(context, null);
  if (images.windows.dilations.some((size) => size !== 1)) throw new NodeRefusal('pooling with dilations');
  return images;
}

function maxPool(context: OnnxContext): ValueId {
  const { x, sizes, windows, restored } = poolWindows(context);
  const { pads } = reaching(windows, sizes, ceilMode(context.node));
  const from = padded(context, x, pads, LOWEST);
  const attributes = { poolSize: pair(windows.kernel), strides: pair(windows.strides), padding: 'valid' as const };
  return restored(context.builder.maxPool2d(from, attributes));
}

/** The mean over the pixels of a window that count: those of the image, or of the image and its pads. */
function averagePool(context: OnnxContext): ValueId {
  const { builder } = context;
  const { x, sizes, windows, restored } = poolWindows(context);
  const { pads, given, result } = reaching(windows, sizes, ceilMode(context.node));
  const from = padded(context, x, pads, 0);
  const attributes = { poolSize: pair(windows.kernel), strides: pair(windows.strides), padding: 'valid' as const };
  const mean = builder.averagePool2d(from, attributes);
  const countsPads = context.number('count_include_pad', 0) !== 0;
  const counts = result.map((count, axis) =>
    Array.from({ length: count }, (_, at) => {
      const [before, after] = given[axis]!;
      const start = at * windows.strides[axis]! - before;
      const [low, high] = countsPads ? [-before, sizes[axis]! + after] : [0, sizes[axis]!];
      return Math.max(1, Math.min(high, start + windows.kernel[axis]!) - Math.max(low, start));
    }),
  );
  if (counts.every((list, axis) => list.every((count) => count === windows.kernel[axis]))) return restored(mean);
  const countsAlong = (axis: number, shape: readonly number[]): ValueId =>
    builder.constant('float32', shape, counts[axis]!);
  const sum = builder.multiply(mean, builder.scalar(sizeOf(windows.kernel)));
  const byRows = builder.divide(sum, countsAlong(0, [counts[0]!.length, 1, 1]));
  return restored(builder.divide(byRows, countsAlong(1, [counts[1]!.length, 1])));
}

export const windows: Readonly<Record<string, OnnxConverter>> = {
  Conv: emitting(conv),
  ConvTranspose: emitting(convTranspose),
  MaxPool: emitting(maxPool),
  AveragePool: emitting(averagePool),
};
