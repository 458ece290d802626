import { attribute } from '../graph/graph-builder.ts';
import { DataType } from '../graph/graph-def.ts';
import { depthwise, depthwiseInputGradient, depthwiseKernelGradient, isDepthwise } from './depthwise.ts';
import { convolutionAttributes, dilated, kernelSizes, sampled, spreadSizes, undilated } from './kernels.ts';
import { at } from './lowering.ts';
import { extentOf } from './shape.ts';
import { isSingleChannel, withZeroChannel } from './single-channel.ts';
import type { LoweringRequest, LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';

type Convolutions =
  'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient' | 'conv3d' | 'conv3dInputGradient' | 'conv3dKernelGradient';

const FLOAT = attribute.type(DataType.float);
const INT = attribute.type(DataType.int32);

/** Splits `values` along the axis `channels` into groups, applies `one` to each group and concatenates the results. */
function perGroup(
  graph: GraphBuilder,
  groups: number,
  channels: number,
  values: readonly Output[],
  one: (parts: readonly Output[]) => Output,
): Output {
  if (groups === 1) return one(values);
  const parts = values.map((value) =>
    graph.outputs(
      {
        op: 'Split',
        inputs: [graph.integer(channels), value],
        attributes: { T: FLOAT, num_split: attribute.int(groups) },
      },
      groups,
    ),
  );
  const results = Array.from({ length: groups }, (_, group) => one(parts.map((part) => at(part, group))));
  return graph.output({
    op: 'ConcatV2',
    inputs: [...results, graph.integer(channels)],
    attributes: { T: FLOAT, N: attribute.int(groups) },
  });
}

/** TensorFlow's CPU kernels support groups only with one channel, so each larger group is a separate convolution. */
export const convolutionLowerings: LoweringTable<Convolutions> = {
  conv2d: (request) => {
    const { graph, inputs, inputTypes, attributes } = request;
    if (isDepthwise(request, 1)) return [depthwise(request)];
    const single = isSingleChannel(attributes, at(inputTypes, 1));
    return [
      perGroup(graph, attributes.groups, 3, inputs, (parts) =>
        graph.output({
          op: 'Conv2D',
          inputs: single ? [withZeroChannel(graph, at(parts, 0), 3), withZeroChannel(graph, at(parts, 1), 2)] : parts,
          attributes: convolutionAttributes(attributes),
        }),
      ),
    ];
  },

  conv2dInputGradient: (request) => {
    const { graph, inputs, inputTypes, attributes } = request;
    if (isDepthwise(request, 0)) return [depthwiseInputGradient(request)];
    const kernel = dilated(graph, at(inputs, 0), at(inputTypes, 0), attributes);
    return [
      perGroup(graph, attributes.groups, 3, [kernel, at(inputs, 1)], ([kernelPart, gradientPart]) =>
        graph.output({
          op: 'Conv2DBackpropInput',
          // Height and width; batch and channels follow from gradient and kernel.
          inputs: [graph.integers(attributes.inputSize), kernelPart!, gradientPart!],
          attributes: convolutionAttributes(undilated(attributes)),
        }),
      ),
    ];
  },

  conv2dKernelGradient: (request) =>
    isDepthwise(request, 1) ? [depthwiseKernelGradient(request)] : [kernelGradient(request, 'Conv2DBackpropFilter')],

  /** The CPU kernels for volumes do not support dilation. */
  conv3d: ({ graph, inputs, inputTypes, attributes }) => {
    const kernel = dilated(graph, at(inputs, 1), at(inputTypes, 1), attributes);
    return [
      perGroup(graph, attributes.groups, 4, [at(inputs, 0), kernel], (parts) =>
        graph.output({ op: 'Conv3D', inputs: parts, attributes: convolutionAttributes(undilated(attributes)) }),
      ),
    ];
  },

  conv3dInputGradient: ({ graph, inputs, inputTypes, attributes }) => {
    const kernel = dilated(graph, at(inputs, 0), at(inputTypes, 0), attributes);
    const batch = extentOf(graph, at(inputs, 1), at(inputTypes, 1), 0);
    const { channels } = kernelSizes(at(inputTypes, 0));
    const shape = graph.output({
      op: 'Pack',
      inputs: [batch, ...[...attributes.inputSize, channels].map((size) => graph.integer(size))],
      attributes: { N: attribute.int(5), T: INT },
    });
    return [
      perGroup(graph, attributes.groups, 4, [kernel, at(inputs, 1)], (parts) =>
        graph.output({
          op: 'Conv3DBackpropInputV2',
          inputs: [shape, ...parts],
          attributes: { ...convolutionAttributes(undilated(attributes)), Tshape: INT },
        }),
      ),
    ];
  },

  conv3dKernelGradient: (request) => [kernelGradient(request, 'Conv3DBackpropFilterV2')],
};

function kernelGradient(
  { graph, inputs, inputTypes, attributes }: LoweringRequest<'conv2dKernelGradient' | 'conv3dKernelGradient'>,
  op: 'Conv2DBackpropFilter' | 'Conv3DBackpropFilterV2',
): Output {
  const { window, channels, filters } = kernelSizes(at(inputTypes, 1));
  const sizes = [...spreadSizes(window, attributes), channels, filters / attributes.groups];
  const skips = window.every((size) => size === 1) && typeof attributes.padding === 'string';
  const x = skips ? strided(graph, at(inputs, 0), attributes.strides) : at(inputs, 0);
  const conv = skips ? { ...attributes, strides: attributes.strides.map(() => 1) } : attributes;
  const parts = [x, at(inputs, 2)];
  const gradient = perGroup(graph, attributes.groups, window.length + 1, parts, ([xPart, gradientPart]) =>
    graph.output({
      op,
      inputs: [xPart!, graph.integers(sizes), gradientPart!],
      attributes: convolutionAttributes(undilated(conv)),
    }),
  );
  return sampled(graph, gradient, at(inputTypes, 1), attributes);
}

/**
 * The elements that a 1 × 1 window with strides reads. TensorFlow's kernel for the kernel gradient of
 * such a convolution writes out of bounds (2.21 on CPUs, few channels) and crashes the process some
 * steps later.
 */
function strided(graph: GraphBuilder, x: Output, strides: readonly number[]): Output {
  if (strides.every((stride) => stride === 1)) return x;
  const axes = strides.length + 2;
  const zeros = graph.integers(Array<number>(axes).fill(0));
  return graph.output({
    op: 'StridedSlice',
    inputs: [x, zeros, zeros, graph.integers([1, ...strides, 1])],
    attributes: { T: FLOAT, Index: INT, end_mask: attribute.int(2 ** axes - 1) },
  });
}
