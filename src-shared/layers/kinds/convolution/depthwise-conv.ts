import {
  addBias,
  asImages,
  asSequences,
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
    summarize: summarizeConvolution(axes, 'depthMultiplier'),
    check: (params, [shape]) => examplesProblem(axes, shape!) ?? kernelProblem(axes, params, shape!),
    emit: (context) => {
      const x = context.inputs[0]!;
      const y = depthwiseConv2dOf(context, 'kernel', axes, axes === 1 ? asImages(context, x) : x);
      return addBias(context, axes === 1 ? asSequences(context, y) : y);
    },
  };
}

/** Convolution of each channel with filters of its own. */
export const depthwiseConvolutions: readonly LayerDefinition[] = [
  definition(1, 'Slides filters along each channel of a sequence alone.'),
  definition(2, 'Slides filters over each channel alone.'),
];
