import { attribute, bytesOf } from '../graph/graph-builder.ts';
import { DataType } from '../graph/graph-def.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';
import type { Attributes } from '../graph/graph-def.ts';
import type { ConvolutionAttributes, TensorType } from '../../../../src-shared/program/language/types.ts';

// Shared by all convolutions over two or three axes: attributes and dilated kernels.

const FLOAT = attribute.type(DataType.float);

export function convolutionAttributes(conv: ConvolutionAttributes): Attributes {
  const common = {
    T: FLOAT,
    strides: attribute.ints([1, ...conv.strides, 1]),
    dilations: attribute.ints([1, ...conv.dilations, 1]),
  };
  if (typeof conv.padding === 'string') return { ...common, padding: attribute.string(conv.padding.toUpperCase()) };
  return {
    ...common,
    padding: attribute.string('EXPLICIT'),
    explicit_paddings: attribute.ints([0, 0, ...conv.padding, 0, 0]),
  };
}

/** Extents of a kernel: spatial axes, channels, filters. */
export function kernelSizes(type: TensorType): { window: number[]; channels: number; filters: number } {
  const sizes = type.shape.map((size) => size ?? 0);
  const [channels = 0, filters = 0] = sizes.slice(-2);
  return { window: sizes.slice(0, -2), channels, filters };
}

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

function isDilated({ dilations }: ConvolutionAttributes): boolean {
  return dilations.some((dilation) => dilation > 1);
}

export function undilated(conv: ConvolutionAttributes): ConvolutionAttributes {
  return { ...conv, dilations: conv.dilations.map(() => 1) };
}

/** Extents of a kernel's window including dilation. */
export function spreadSizes(window: readonly number[], { dilations }: ConvolutionAttributes): number[] {
  return window.map((size, axis) => (size - 1) * dilations[axis]! + 1);
}

/**
 * The kernel with dilation filled with zeros, for a convolution without dilation: TensorFlow's CPU
 * kernels support neither gradients of dilated convolutions nor dilated convolutions of volumes.
 */
export function dilated(graph: GraphBuilder, kernel: Output, type: TensorType, conv: ConvolutionAttributes): Output {
  if (!isDilated(conv)) return kernel;
  const { window, channels, filters } = kernelSizes(type);
  const reshape = (value: Output, shape: readonly number[]): Output =>
    graph.output({ op: 'Reshape', inputs: [value, graph.integers(shape)], attributes: { T: FLOAT } });
  const whole = window.map((size, axis) => size * conv.dilations[axis]!);
  // One axis at a time: TensorFlow pads at most six axes. Pads the axis of size 1 of [before, size, 1, after].
  const spread = window.reduce((value, size, axis) => {
    const dilation = conv.dilations[axis]!;
    if (dilation === 1) return value;
    const before = product(whole.slice(0, axis));
    const after = product(window.slice(axis + 1)) * channels * filters;
    const gaps = Int32Array.of(0, 0, 0, 0, 0, dilation - 1, 0, 0);
    const padded = graph.output({
      op: 'PadV2',
      inputs: [
        reshape(value, [before, size, 1, after]),
        graph.constant({ dtype: DataType.int32, shape: [4, 2], content: bytesOf(gaps) }),
        graph.float(0),
      ],
      attributes: { T: FLOAT },
    });
    return reshape(padded, [before, size * dilation, after]);
  }, kernel);
  return graph.output({
    op: 'Slice',
    inputs: [
      reshape(spread, [...whole, channels, filters]),
      graph.integers([...window.map(() => 0), 0, 0]),
      graph.integers([...spreadSizes(window, conv), channels, filters]),
    ],
    attributes: { T: FLOAT, Index: attribute.type(DataType.int32) },
  });
}

/** The gradient of the kernel from that of the zero-filled kernel of `dilated`. */
export function sampled(graph: GraphBuilder, gradient: Output, type: TensorType, conv: ConvolutionAttributes): Output {
  if (!isDilated(conv)) return gradient;
  const { window, channels, filters } = kernelSizes(type);
  return graph.output({
    op: 'StridedSlice',
    inputs: [
      gradient,
      graph.integers([...window.map(() => 0), 0, 0]),
      graph.integers([...spreadSizes(window, conv), channels, filters]),
      graph.integers([...conv.dilations, 1, 1]),
    ],
    attributes: { T: FLOAT, Index: attribute.type(DataType.int32) },
  });
}
