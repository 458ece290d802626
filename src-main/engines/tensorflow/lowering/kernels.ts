import { attribute, bytesOf } from '../graph-builder.ts';
import { DataType } from '../graph-def.ts';
import type { GraphBuilder, Output } from '../graph-builder.ts';
import type { Attributes } from '../graph-def.ts';
import type { Conv2dAttributes, TensorType } from '../../../../src-shared/program/types.ts';

/** What convolutions of every kind share: attributes, and kernels with gaps. */

const FLOAT = attribute.type(DataType.float);

export function convolutionAttributes(conv: Conv2dAttributes): Attributes {
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

export function kernelSizes(type: TensorType): [number, number, number, number] {
  const [height = 0, width = 0, channels = 0, filters = 0] = type.shape.map((size) => size ?? 0);
  return [height, width, channels, filters];
}

function isDilated({ dilations }: Conv2dAttributes): boolean {
  return dilations[0] > 1 || dilations[1] > 1;
}

export function undilated(conv: Conv2dAttributes): Conv2dAttributes {
  return { ...conv, dilations: [1, 1] };
}

/** Height and width of a kernel with its dilation's gaps. */
export function spreadSizes(height: number, width: number, { dilations }: Conv2dAttributes): [number, number] {
  return [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1];
}

/**
 * The kernel with zeros in its dilation's gaps, for a convolution without dilation:
 * TensorFlow's CPU kernels compute no gradients of dilated ones.
 */
export function dilated(graph: GraphBuilder, kernel: Output, type: TensorType, conv: Conv2dAttributes): Output {
  if (!isDilated(conv)) return kernel;
  const [height, width, channels, filters] = kernelSizes(type);
  const [down, across] = conv.dilations;
  const reshape = (value: Output, shape: readonly number[]): Output =>
    graph.output({ op: 'Reshape', inputs: [value, graph.integers(shape)], attributes: { T: FLOAT } });
  const gaps = Int32Array.of(0, 0, 0, down - 1, 0, 0, 0, across - 1, 0, 0, 0, 0);
  const padded = graph.output({
    op: 'PadV2',
    inputs: [
      reshape(kernel, [height, 1, width, 1, channels, filters]),
      graph.constant({ dtype: DataType.int32, shape: [6, 2], content: bytesOf(gaps) }),
      graph.float(0),
    ],
    attributes: { T: FLOAT },
  });
  return graph.output({
    op: 'Slice',
    inputs: [
      reshape(padded, [height * down, width * across, channels, filters]),
      graph.integers([0, 0, 0, 0]),
      graph.integers([...spreadSizes(height, width, conv), channels, filters]),
    ],
    attributes: { T: FLOAT, Index: attribute.type(DataType.int32) },
  });
}

/** Of the gradient of a spread kernel, what belongs to the true weights; the rest belongs to zeros. */
export function sampled(graph: GraphBuilder, gradient: Output, type: TensorType, conv: Conv2dAttributes): Output {
  if (!isDilated(conv)) return gradient;
  const [height, width, channels, filters] = kernelSizes(type);
  return graph.output({
    op: 'StridedSlice',
    inputs: [
      gradient,
      graph.integers([0, 0, 0, 0]),
      graph.integers([...spreadSizes(height, width, conv), channels, filters]),
      graph.integers([...conv.dilations, 1, 1]),
    ],
    attributes: { T: FLOAT, Index: attribute.type(DataType.int32) },
  });
}
