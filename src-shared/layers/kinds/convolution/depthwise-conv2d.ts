import {
  addBias,
  depthMultiplier,
  kernelProblem,
  kernelSizeParameter,
  summarizeConvolution,
  windowParameters,
} from './convolution-parts.ts';
import { depthwiseConv2dOf } from './depthwise.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { imageProblem } from '../../definition/sequences.ts';
import { activityRegularizer, biasParameters, useBias, weightParameters } from '../../definition/weight-parameters.ts';

export const depthwiseConv2d: LayerDefinition = {
  kind: 'DepthwiseConv2D',
  family: 'convolution',
  otherNames: ['depthwise convolution'],
  description: 'Slides filters over each channel alone.',
  formula: 'activation(x ∗ kernel of its channel + bias)',
  inputs: { min: 1, max: 1 },
  parameters: [
    kernelSizeParameter(2),
    depthMultiplier,
    ...windowParameters(2),
    useBias,
    ...weightParameters('depthwise', 'Kernel', 'glorotUniform'),
    ...biasParameters,
    activityRegularizer,
  ],
  keras: { earlierWeightNames: { kernel: 'depthwise_kernel' } },
  summarize: summarizeConvolution(2, 'depthMultiplier'),
  check: (params, [shape]) => imageProblem(shape!) ?? kernelProblem(2, params, shape!),
  emit: (context) => addBias(context, depthwiseConv2dOf(context, 'kernel', 2, context.inputs[0]!)),
};
