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
import { examplesProblem } from '../../definition/sequences.ts';
import { activityRegularizer, biasParameters, useBias, weightParameters } from '../../definition/weight-parameters.ts';
import { onImages } from '../../definition/windows.ts';
import { depthwiseForms } from '../../definition/pytorch-weights.ts';

function definition(axes: 1 | 2, description: string): LayerDefinition {
  return {
    kind: `DepthwiseConv${axes}D`,
    family: 'convolution',
    otherNames: ['depthwise convolution'],
    description,
    formula: 'activation(x ∗ kernel of its channel + bias)',
    inputs: { min: 1, max: 1 },
    parameters: [
      kernelSizeParameter(axes),
      depthMultiplier,
      ...windowParameters(axes),
      useBias,
      ...weightParameters('depthwise', 'Kernel', 'glorotUniform'),
      ...biasParameters,
      activityRegularizer,
    ],
    keras: { earlierWeightNames: { kernel: 'depthwise_kernel' } },
    pytorch: depthwiseForms,
    summarize: summarizeConvolution(axes, 'depthMultiplier'),
    check: (params, [shape]) => examplesProblem(axes, shape!) ?? kernelProblem(axes, params, shape!),
    emit: (context) =>
      addBias(
        context,
        onImages(context, axes, (images) => depthwiseConv2dOf(context, 'kernel', axes, images)),
      ),
  };
}

export const depthwiseConvolutions: readonly LayerDefinition[] = [
  definition(1, 'Slides separate filters along each channel of a sequence.'),
  definition(2, 'Slides separate filters over each channel of an image.'),
];
