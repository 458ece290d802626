import {
  addBias,
  asImages,
  asSequences,
  convolutionProblem,
  filtersParameter,
  groupsParameter,
  groupsProblem,
  kernelProblem,
  kernelSizeParameter,
  summarizeConvolution,
  windowParameters,
} from './convolution-parts.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import {
  activityRegularizer,
  biasParameters,
  kernelParameters,
  trainedWeight,
  useBias,
} from '../../definition/weight-parameters.ts';
import { causalPaddingParameter, paddingOf } from '../../definition/windows.ts';

export const conv1d: LayerDefinition = {
  kind: 'Conv1D',
  family: 'convolution',
  otherNames: ['convolution', 'convolutional', 'CNN'],
  description: 'Slides small filters along a sequence.',
  formula: 'activation(x ∗ kernel + bias)',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'kernel', hidden: { activation: 'relu' } },
  parameters: [
    filtersParameter,
    kernelSizeParameter(1),
    ...windowParameters(1, causalPaddingParameter),
    groupsParameter,
    useBias,
    ...kernelParameters,
    ...biasParameters,
    activityRegularizer,
  ],
  summarize: summarizeConvolution(1, 'filters'),
  check: (params, [shape]) =>
    convolutionProblem(1, params, shape!) ?? groupsProblem(params, shape!) ?? kernelProblem(1, params, shape!),
  emit: (context) => {
    const { builder, params, inputs, inputShapes } = context;
    const groups = numberOf(params['groups']);
    const size = numberOf(params['kernelSize']);
    const dilation = numberOf(params['dilationRate']);
    const shape = [size, inputShapes[0]![2]! / groups, numberOf(params['filters'])];
    const kernel = trainedWeight(context, 'kernel', shape);
    const y = builder.conv2d(asImages(context, inputs[0]!), builder.reshape(kernel, [1, ...shape]), {
      strides: [1, numberOf(params['strides'])],
      // A causal filter sees nothing that comes after its step.
      padding: params['padding'] === 'causal' ? [0, 0, (size - 1) * dilation, 0] : paddingOf(params['padding']),
      dilations: [1, dilation],
      groups,
    });
    return addBias(context, asSequences(context, y));
  },
};
