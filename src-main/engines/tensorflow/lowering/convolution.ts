import { attribute, bytesOf } from '../graph-builder.ts';
import { DataType } from '../graph-def.ts';
import { at } from './lowering.ts';
import { shapeOf } from './shape.ts';
import type { LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph-builder.ts';
import type { Attributes } from '../graph-def.ts';
import type { Conv2dAttributes, Pool2dAttributes, TensorType } from '../../../../src-shared/program/types.ts';

type Convolutions =
  | 'conv2d'
  | 'conv2dInputGradient'
  | 'conv2dKernelGradient'
  | 'maxPool2d'
  | 'maxPool2dGradient'
  | 'averagePool2d'
  | 'averagePool2dGradient';

const FLOAT = attribute.type(DataType.float);

/** Images are NHWC and kernels HWIO: the last axis of either holds what groups divide. */
const CHANNELS = 3;

function convolutionAttributes(conv: Conv2dAttributes): Attributes {
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

function poolAttributes(pool: Pool2dAttributes): Attributes {
  return {
    T: FLOAT,
    ksize: attribute.ints([1, ...pool.poolSize, 1]),
    strides: attribute.ints([1, ...pool.strides, 1]),
    padding: attribute.string(pool.padding.toUpperCase()),
  };
}

/** Runs `one` on each group's part of `values`, cut along the channel axis, and joins what it makes. */
function perGroup(
  graph: GraphBuilder,
  groups: number,
  values: readonly Output[],
  one: (parts: readonly Output[]) => Output,
): Output {
  if (groups === 1) return one(values);
  const parts = values.map((value) =>
    graph.outputs(
      {
        op: 'Split',
        inputs: [graph.integer(CHANNELS), value],
        attributes: { T: FLOAT, num_split: attribute.int(groups) },
      },
      groups,
    ),
  );
  const results = Array.from({ length: groups }, (_, group) => one(parts.map((part) => at(part, group))));
  return graph.output({
    op: 'ConcatV2',
    inputs: [...results, graph.integer(CHANNELS)],
    attributes: { T: FLOAT, N: attribute.int(groups) },
  });
}

function kernelSizes(type: TensorType): [number, number, number, number] {
  const [height = 0, width = 0, channels = 0, filters = 0] = type.shape.map((size) => size ?? 0);
  return [height, width, channels, filters];
}

function isDilated({ dilations }: Conv2dAttributes): boolean {
  return dilations[0] > 1 || dilations[1] > 1;
}

function undilated(conv: Conv2dAttributes): Conv2dAttributes {
  return { ...conv, dilations: [1, 1] };
}

/** Height and width of a kernel with its dilation's gaps. */
function spreadSizes(height: number, width: number, { dilations }: Conv2dAttributes): [number, number] {
  return [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1];
}

/**
 * The kernel with zeros in its dilation's gaps, for a convolution without dilation:
 * TensorFlow's CPU kernels compute no gradients of dilated ones.
 */
function dilated(graph: GraphBuilder, kernel: Output, type: TensorType, conv: Conv2dAttributes): Output {
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

/** TensorFlow's CPU kernels know no groups, so each group is a convolution of its own. */
export const convolutionLowerings: LoweringTable<Convolutions> = {
  conv2d: ({ graph, inputs, attributes }) => [
    perGroup(graph, attributes.groups, inputs, (parts) =>
      graph.output({ op: 'Conv2D', inputs: parts, attributes: convolutionAttributes(attributes) }),
    ),
  ],

  conv2dInputGradient: ({ graph, inputs, inputTypes, attributes }) => {
    const kernel = dilated(graph, at(inputs, 0), at(inputTypes, 0), attributes);
    return [
      perGroup(graph, attributes.groups, [kernel, at(inputs, 1)], ([kernelPart, gradientPart]) =>
        graph.output({
          op: 'Conv2DBackpropInput',
          // Height and width; batch and channels follow from gradient and kernel.
          inputs: [graph.integers(attributes.inputSize), kernelPart!, gradientPart!],
          attributes: convolutionAttributes(undilated(attributes)),
        }),
      ),
    ];
  },

  conv2dKernelGradient: ({ graph, inputs, inputTypes, attributes }) => {
    const [height, width, channels, filters] = kernelSizes(at(inputTypes, 1));
    const spread = spreadSizes(height, width, attributes);
    const sizes = [...spread, channels, filters / attributes.groups];
    const gradient = perGroup(graph, attributes.groups, [at(inputs, 0), at(inputs, 2)], ([x, gradientPart]) =>
      graph.output({
        op: 'Conv2DBackpropFilter',
        inputs: [x!, graph.integers(sizes), gradientPart!],
        attributes: convolutionAttributes(undilated(attributes)),
      }),
    );
    if (!isDilated(attributes)) return [gradient];
    // Of the spread kernel's gradient, what lies between the true weights belongs to zeros.
    return [
      graph.output({
        op: 'StridedSlice',
        inputs: [
          gradient,
          graph.integers([0, 0, 0, 0]),
          graph.integers([...spread, channels, filters]),
          graph.integers([...attributes.dilations, 1, 1]),
        ],
        attributes: { T: FLOAT, Index: attribute.type(DataType.int32) },
      }),
    ];
  },

  maxPool2d: ({ graph, inputs, attributes }) => [
    graph.output({ op: 'MaxPool', inputs, attributes: poolAttributes(attributes) }),
  ],
  maxPool2dGradient: ({ graph, inputs, attributes }) => [
    graph.output({ op: 'MaxPoolGrad', inputs, attributes: poolAttributes(attributes) }),
  ],
  averagePool2d: ({ graph, inputs, attributes }) => [
    graph.output({ op: 'AvgPool', inputs, attributes: poolAttributes(attributes) }),
  ],
  averagePool2dGradient: ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op: 'AvgPoolGrad',
      inputs: [shapeOf(graph, at(inputs, 0), at(inputTypes, 0)), at(inputs, 1)],
      attributes: poolAttributes(attributes),
    }),
  ],
};
