import type { ValueId } from '../../../program/language/types.ts';
import {
  addBias,
  asImages,
  asSequences,
  depthMultiplier,
  filtersParameter,
  kernelProblem,
  kernelSizeParameter,
  summarizeConvolution,
  windowParameters,
} from './convolution-parts.ts';
import { depthwiseConv2dOf } from './depthwise.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { imageProblem, sequenceProblem } from '../../definition/sequences.ts';
import {
  activityRegularizer,
  biasParameters,
  trainedWeight,
  useBias,
  weightParameters,
} from '../../definition/weight-parameters.ts';

/** Mixes the channels of each pixel. */
function pointwise(context: LayerContext, axes: 1 | 2, x: ValueId): ValueId {
  const { builder, params } = context;
  const shape = [builder.shapeOf(x)[3]!, numberOf(params['filters'])];
  const ones = new Array<number>(axes).fill(1);
  const kernel = trainedWeight(context, 'pointwise_kernel', [...ones, ...shape], 'pointwise');
  return builder.conv2d(x, builder.reshape(kernel, [1, 1, ...shape]), {
    strides: [1, 1],
    padding: 'valid',
    dilations: [1, 1],
    groups: 1,
  });
}

function definition(kind: string, axes: 1 | 2, description: string): LayerDefinition {
  return {
    kind,
    family: 'convolution',
    otherNames: ['separable convolution', 'Xception'],
    description,
    formula: 'activation((x ∗ kernel of its channel) ∗ pointwise kernel + bias)',
    inputs: { min: 1, max: 1 },
    traits: { hidden: { activation: 'relu' } },
    parameters: [
      filtersParameter,
      kernelSizeParameter(axes),
      ...windowParameters(axes),
      depthMultiplier,
      useBias,
      ...weightParameters('depthwise', 'Depthwise', 'glorotUniform'),
      ...weightParameters('pointwise', 'Pointwise', 'glorotUniform'),
      ...biasParameters,
      activityRegularizer,
    ],
    summarize: summarizeConvolution(axes, 'filters'),
    check: (params, [shape]) =>
      (axes === 1 ? sequenceProblem(shape!) : imageProblem(shape!)) ?? kernelProblem(axes, params, shape!),
    emit: (context) => {
      const x = context.inputs[0]!;
      const images = axes === 1 ? asImages(context, x) : x;
      const y = pointwise(context, axes, depthwiseConv2dOf(context, 'depthwise_kernel', axes, images));
      return addBias(context, axes === 1 ? asSequences(context, y) : y);
    },
  };
}

/** First each channel alone, then all channels of a pixel: nearly a convolution, with far fewer weights. */
export const separableConvolutions: readonly LayerDefinition[] = [
  definition('SeparableConv1D', 1, 'Filters each channel of a sequence, then mixes the channels.'),
  definition('SeparableConv2D', 2, 'Filters each channel of an image, then mixes the channels.'),
];
