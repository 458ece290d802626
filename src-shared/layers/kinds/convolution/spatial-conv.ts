import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import {
  activityRegularizer,
  biasParameters,
  kernelParameters,
  trainedWeight,
  useBias,
} from '../../definition/weight-parameters.ts';
import { paddingOf } from '../../definition/windows.ts';
import { numberOf } from '../../parameters/number.ts';
import { pairOf, sizesOf, tripleOf } from '../../parameters/sizes.ts';
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
} from './convolution-parts.ts';

function convolve({ builder, params, inputs }: LayerContext, axes: 2 | 3, kernel: ValueId): ValueId {
  const padding = paddingOf(params['padding']);
  const groups = numberOf(params['groups']);
  const [strides, dilations] = [params['strides'], params['dilationRate']];
  return axes === 2
    ? builder.conv2d(inputs[0]!, kernel, { strides: pairOf(strides), padding, dilations: pairOf(dilations), groups })
    : builder.conv3d(inputs[0]!, kernel, {
        strides: tripleOf(strides),
        padding,
        dilations: tripleOf(dilations),
        groups,
      });
}

/** A convolution of images or volumes. */
function spatialConvolution(axes: 2 | 3, description: string): LayerDefinition {
  return {
    kind: `Conv${axes}D`,
    family: 'convolution',
    otherNames: ['convolution', 'convolutional', 'CNN'],
    description,
    formula: 'activation(x ∗ kernel + bias)',
    inputs: { min: 1, max: 1 },
    traits: { linear: 'kernel', hidden: { activation: 'relu' } },
    parameters: [
      filtersParameter,
      kernelSizeParameter(axes),
      ...windowParameters(axes),
      groupsParameter,
      useBias,
      ...kernelParameters,
      ...biasParameters,
      activityRegularizer,
    ],
    summarize: summarizeConvolution(axes, 'filters'),
    check: (params, [shape]) =>
      convolutionProblem(axes, params, shape!) ?? groupsProblem(params, shape!) ?? kernelProblem(axes, params, shape!),
    emit: (context) => {
      const { params, inputShapes } = context;
      const channels = inputShapes[0]!.at(-1)! / numberOf(params['groups']);
      const shape = [...sizesOf(params['kernelSize'], axes), channels, numberOf(params['filters'])];
      return addBias(context, convolve(context, axes, trainedWeight(context, 'kernel', shape)));
    },
  };
}

export const conv2d = spatialConvolution(2, 'Slides small filters over an image.');

export const conv3d = spatialConvolution(3, 'Slides small filters through a volume, or through a clip of images.');
