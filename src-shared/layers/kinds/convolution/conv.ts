import type { Padding2d, ValueId } from '../../../program/language/types.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import type { WindowAxes } from '../../definition/sequences.ts';
import { kernelParameters, trainedWeight } from '../../definition/weight-parameters.ts';
import {
  causalPaddingParameter,
  imageSizeOf,
  onImages,
  paddingOf,
  paddingParameter,
} from '../../definition/windows.ts';
import { numberOf } from '../../parameters/number.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';
import { sizesOf, tripleOf } from '../../parameters/sizes.ts';
import {
  addBias,
  convolutionProblem,
  filterParameters,
  groupsParameter,
  groupsProblem,
  imageKernel,
  kernelProblem,
  summarizeConvolution,
} from './convolution-parts.ts';
import { convolutionForms } from '../../definition/pytorch-weights.ts';

function convolve(context: LayerContext, axes: WindowAxes, kernel: ValueId): ValueId {
  const { builder, params, inputs } = context;
  const groups = numberOf(params['groups']);
  const { strides, dilationRate } = params;
  if (axes === 3) {
    return builder.conv3d(inputs[0]!, kernel, {
      strides: tripleOf(strides),
      padding: paddingOf(params['padding']),
      dilations: tripleOf(dilationRate),
      groups,
    });
  }
  return onImages(context, axes, (images) =>
    builder.conv2d(images, imageKernel(context, axes, kernel), {
      strides: imageSizeOf(strides, axes),
      padding: imagePaddingOf(params),
      dilations: imageSizeOf(dilationRate, axes),
      groups,
    }),
  );
}

/** Causal: the output at a step does not depend on later steps. */
function imagePaddingOf({ padding, kernelSize, dilationRate }: ParameterValues): Padding2d {
  if (padding !== 'causal') return paddingOf(padding);
  return [0, 0, (numberOf(kernelSize) - 1) * numberOf(dilationRate), 0];
}

function definition(axes: WindowAxes, description: string): LayerDefinition {
  return {
    kind: `Conv${axes}D`,
    family: 'convolution',
    otherNames: ['convolution', 'convolutional', 'CNN'],
    description,
    formula: 'activation(x ∗ kernel + bias)',
    inputs: { min: 1, max: 1 },
    traits: { linear: 'kernel', hidden: { activation: 'relu' } },
    parameters: filterParameters(
      axes,
      [groupsParameter],
      kernelParameters,
      axes === 1 ? causalPaddingParameter : paddingParameter,
    ),
    pytorch: convolutionForms,
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

export const convolutions: readonly LayerDefinition[] = [
  definition(1, 'Slides small filters along a sequence.'),
  definition(2, 'Slides small filters over an image.'),
  definition(3, 'Slides small filters through a volume, or through a clip of images.'),
];
