import { attribute } from '../graph-builder.ts';
import { DataType } from '../graph-def.ts';
import { at } from './lowering.ts';
import { shapeOf } from './shape.ts';
import type { LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph-builder.ts';
import type { Attributes } from '../graph-def.ts';
import type { Conv2dAttributes, Pool2dAttributes } from '../../../../src-shared/program/types.ts';

type Convolutions = 'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient' | 'maxPool2d' | 'maxPool2dGradient';

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

/** TensorFlow's CPU kernels know no groups, so each group is a convolution of its own. */
export const convolutionLowerings: LoweringTable<Convolutions> = {
  conv2d: ({ graph, inputs, attributes }) => [
    perGroup(graph, attributes.groups, inputs, (parts) =>
      graph.output({ op: 'Conv2D', inputs: parts, attributes: convolutionAttributes(attributes) }),
    ),
  ],

  conv2dInputGradient: ({ graph, inputs, inputTypes, attributes }) => {
    const [like, kernel, gradient] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    const values = attributes.groups === 1 ? [kernel, gradient] : [kernel, gradient, like];
    return [
      perGroup(graph, attributes.groups, values, ([kernelPart, gradientPart, likePart]) =>
        graph.output({
          op: 'Conv2DBackpropInput',
          inputs: [
            likePart === undefined
              ? shapeOf(graph, like, at(inputTypes, 0))
              : graph.output({ op: 'Shape', inputs: [likePart], attributes: { T: FLOAT } }),
            kernelPart!,
            gradientPart!,
          ],
          attributes: convolutionAttributes(attributes),
        }),
      ),
    ];
  },

  conv2dKernelGradient: ({ graph, inputs, inputTypes, attributes }) => {
    const [height, width, channels, filters] = at(inputTypes, 1).shape.map((size) => size ?? 0);
    const sizes = [height ?? 0, width ?? 0, channels ?? 0, (filters ?? 0) / attributes.groups];
    return [
      perGroup(graph, attributes.groups, [at(inputs, 0), at(inputs, 2)], ([x, gradient]) =>
        graph.output({
          op: 'Conv2DBackpropFilter',
          inputs: [x!, graph.integers(sizes), gradient!],
          attributes: convolutionAttributes(attributes),
        }),
      ),
    ];
  },

  maxPool2d: ({ graph, inputs, attributes }) => [
    graph.output({ op: 'MaxPool', inputs, attributes: poolAttributes(attributes) }),
  ],
  maxPool2dGradient: ({ graph, inputs, attributes }) => [
    graph.output({ op: 'MaxPoolGrad', inputs, attributes: poolAttributes(attributes) }),
  ],
};
