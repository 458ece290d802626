import type { ValueId } from '../../../program/language/types.ts';
import {
  addBias,
  depthMultiplier,
  filterParameters,
  kernelProblem,
  summarizeConvolution,
} from './convolution-parts.ts';
import { depthwiseConv2dOf } from './depthwise.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import { trainedWeight, weightParameters } from '../../definition/weight-parameters.ts';
import { onImages } from '../../definition/windows.ts';

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

function definition(axes: 1 | 2, description: string): LayerDefinition {
  return {
    kind: `SeparableConv${axes}D`,
    family: 'convolution',
    otherNames: ['separable convolution', 'Xception'],
    description,
    formula: 'activation((x ∗ kernel of its channel) ∗ pointwise kernel + bias)',
    inputs: { min: 1, max: 1 },
    traits: { hidden: { activation: 'relu' } },
    parameters: filterParameters(
      axes,
      [depthMultiplier],
      [
        ...weightParameters('depthwise', 'Depthwise', 'glorotUniform'),
        ...weightParameters('pointwise', 'Pointwise', 'glorotUniform'),
      ],
    ),
    summarize: summarizeConvolution(axes, 'filters'),
    check: (params, [shape]) => examplesProblem(axes, shape!) ?? kernelProblem(axes, params, shape!),
    emit: (context) =>
      addBias(
        context,
        onImages(context, axes, (images) =>
          pointwise(context, axes, depthwiseConv2dOf(context, 'depthwise_kernel', axes, images)),
        ),
      ),
  };
}

/** A convolution of each channel, then one of all channels of a pixel: far fewer weights than a full convolution. */
export const separableConvolutions: readonly LayerDefinition[] = [
  definition(1, 'Filters each channel of a sequence, then mixes the channels.'),
  definition(2, 'Filters each channel of an image, then mixes the channels.'),
];
