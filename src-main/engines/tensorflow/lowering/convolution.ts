import { attribute } from '../graph-builder.ts';
import { DataType } from '../graph-def.ts';
import { depthwise, depthwiseInputGradient, depthwiseKernelGradient, isDepthwise } from './depthwise.ts';
import { convolutionAttributes, dilated, kernelSizes, sampled, spreadSizes, undilated } from './kernels.ts';
import { at } from './lowering.ts';
import type { LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph-builder.ts';

type Convolutions = 'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient';

const FLOAT = attribute.type(DataType.float);

/** Images are NHWC and kernels HWIO: the last axis of either holds what groups divide. */
const CHANNELS = 3;

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

/** TensorFlow's CPU kernels know no groups but of one channel, so each larger group is a convolution of its own. */
export const convolutionLowerings: LoweringTable<Convolutions> = {
  conv2d: (request) => {
    const { graph, inputs, attributes } = request;
    if (isDepthwise(request, 1)) return [depthwise(request)];
    return [
      perGroup(graph, attributes.groups, inputs, (parts) =>
        graph.output({ op: 'Conv2D', inputs: parts, attributes: convolutionAttributes(attributes) }),
      ),
    ];
  },

  conv2dInputGradient: (request) => {
    const { graph, inputs, inputTypes, attributes } = request;
    if (isDepthwise(request, 0)) return [depthwiseInputGradient(request)];
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

  conv2dKernelGradient: (request) => {
    const { graph, inputs, inputTypes, attributes } = request;
    if (isDepthwise(request, 1)) return [depthwiseKernelGradient(request)];
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
    return [sampled(graph, gradient, at(inputTypes, 1), attributes)];
  },
};
