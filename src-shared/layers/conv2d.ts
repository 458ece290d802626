import {
  addBias,
  convolutionProblem,
  filtersParameter,
  groupsParameter,
  groupsProblem,
  kernelProblem,
  kernelSizeParameter,
  summarizeConvolution,
  windowParameters,
} from './convolutions.ts';
import type { LayerDefinition } from './layer.ts';
import { numberOf, pairOf } from './parameters.ts';
import { biasInitializer, initializerOf, kernelInitializer, useBias } from './weight-parameters.ts';
import { paddingOf } from './windows.ts';

export const conv2d: LayerDefinition = {
  kind: 'Conv2D',
  family: 'convolution',
  description: 'Slides small filters over an image.',
  formula: 'activation(x ∗ kernel + bias)',
  inputs: { min: 1, max: 1 },
  parameters: [
    filtersParameter,
    kernelSizeParameter(2),
    ...windowParameters(2),
    groupsParameter,
    useBias,
    kernelInitializer,
    biasInitializer,
  ],
  summarize: summarizeConvolution(2, 'filters'),
  check: (params, [shape]) =>
    convolutionProblem(2, params, shape!) ?? groupsProblem(params, shape!) ?? kernelProblem(2, params, shape!),
  emit: (context) => {
    const { builder, params, inputs, inputShapes, weight } = context;
    const groups = numberOf(params['groups']);
    const kernel = weight({
      name: 'kernel',
      shape: [...pairOf(params['kernelSize']), inputShapes[0]![3]! / groups, numberOf(params['filters'])],
      initializer: initializerOf(params['kernelInitializer']),
      trainable: true,
    });
    const y = builder.conv2d(inputs[0]!, kernel, {
      strides: pairOf(params['strides']),
      padding: paddingOf(params['padding']),
      dilations: pairOf(params['dilationRate']),
      groups,
    });
    return addBias(context, y);
  },
};
