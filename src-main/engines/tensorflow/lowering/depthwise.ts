import { attribute } from '../graph/graph-builder.ts';
import { DataType } from '../graph/graph-def.ts';
import { convolutionAttributes, dilated, kernelSizes, sampled, spreadSizes, undilated } from './kernels.ts';
import { at } from './lowering.ts';
import { extentOf } from './shape.ts';
import type { LoweringRequest } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';
import type { Conv2dAttributes, TensorType } from '../../../../src-shared/program/language/types.ts';

// Convolutions with one channel per group, for which TensorFlow has kernels.

const FLOAT = attribute.type(DataType.float);

type Convolution = 'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient';

/** Whether TensorFlow's depthwise kernels support it: strides must be equal. */
export function isDepthwise({ attributes, inputTypes }: LoweringRequest<Convolution>, kernel: number): boolean {
  const { channels } = kernelSizes(at(inputTypes, kernel));
  return attributes.groups > 1 && channels === 1 && attributes.strides[0] === attributes.strides[1];
}

function reshape(graph: GraphBuilder, value: Output, shape: readonly number[]): Output {
  return graph.output({ op: 'Reshape', inputs: [value, graph.integers(shape)], attributes: { T: FLOAT } });
}

/** Reshapes [kh, kw, 1, filters] (dilation filled with zeros) to TensorFlow's [kh, kw, channels, filters per channel]. */
function channelKernel(graph: GraphBuilder, kernel: Output, type: TensorType, conv: Conv2dAttributes): Output {
  return reshape(graph, dilated(graph, kernel, type, conv), channelKernelSizes(type, conv));
}

function channelKernelSizes(type: TensorType, conv: Conv2dAttributes): readonly number[] {
  const { window, filters } = kernelSizes(type);
  return [...spreadSizes(window, conv), conv.groups, filters / conv.groups];
}

export function depthwise({ graph, inputs, inputTypes, attributes }: LoweringRequest<'conv2d'>): Output {
  return graph.output({
    op: 'DepthwiseConv2dNative',
    inputs: [at(inputs, 0), channelKernel(graph, at(inputs, 1), at(inputTypes, 1), attributes)],
    attributes: convolutionAttributes(undilated(attributes)),
  });
}

export function depthwiseInputGradient({
  graph,
  inputs,
  inputTypes,
  attributes,
}: LoweringRequest<'conv2dInputGradient'>): Output {
  const [kernel, gradient] = [at(inputs, 0), at(inputs, 1)];
  const batch = extentOf(graph, gradient, at(inputTypes, 1), 0);
  const sizes = [...attributes.inputSize, attributes.groups].map((size) => graph.integer(size));
  const shape = graph.output({
    op: 'Pack',
    inputs: [batch, ...sizes],
    attributes: { N: attribute.int(4), T: attribute.type(DataType.int32) },
  });
  return graph.output({
    op: 'DepthwiseConv2dNativeBackpropInput',
    inputs: [shape, channelKernel(graph, kernel, at(inputTypes, 0), attributes), gradient],
    attributes: convolutionAttributes(undilated(attributes)),
  });
}

export function depthwiseKernelGradient({
  graph,
  inputs,
  inputTypes,
  attributes,
}: LoweringRequest<'conv2dKernelGradient'>): Output {
  const type = at(inputTypes, 1);
  const gradient = graph.output({
    op: 'DepthwiseConv2dNativeBackpropFilter',
    inputs: [at(inputs, 0), graph.integers(channelKernelSizes(type, attributes)), at(inputs, 2)],
    attributes: convolutionAttributes(undilated(attributes)),
  });
  const { window, filters } = kernelSizes(type);
  const spread = reshape(graph, gradient, [...spreadSizes(window, attributes), 1, filters]);
  return sampled(graph, spread, type, attributes);
}
