import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { trainedWeight } from '../../definition/weight-parameters.ts';
import { imageSizeOf, onImages, paddingOf, sizeType } from '../../definition/windows.ts';
import { numberOf } from '../../parameters/number.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';
import { sizesOf, tripleOf } from '../../parameters/sizes.ts';
import type { WindowAxes } from '../../definition/sequences.ts';
import {
  addBias,
  convolutionProblem,
  filterParameters,
  imageKernel,
  summarizeConvolution,
} from './convolution-parts.ts';
import { convolutionForms } from '../../definition/pytorch-weights.ts';

function outputPadding(axes: WindowAxes): ParameterSpec {
  const what = {
    1: 'Steps added after the sequence',
    2: 'Pixels added after the image',
    3: 'Voxels added after the volume',
  }[axes];
  return {
    name: 'outputPadding',
    label: 'Output padding',
    help: `${what}, less than the strides; empty: such that strides alone decide the size.`,
    default: null,
    type: sizeType(axes, { min: 0, max: 1000, emptyMeans: 'as strides and padding require' }),
    advanced: true,
  };
}

/** Size of the output along each axis. Source: Keras's transposed convolutions. */
function outputSize(params: ParameterValues, size: readonly number[]): number[] {
  const axes = size.length;
  const strides = sizesOf(params['strides'], axes);
  const kernel = sizesOf(params['kernelSize'], axes);
  const dilation = sizesOf(params['dilationRate'], axes);
  const given = params['outputPadding'] === null ? null : sizesOf(params['outputPadding'], axes);
  return size.map((extent, i) => {
    const window = (kernel[i]! - 1) * dilation[i]! + 1;
    const stride = strides[i]!;
    if (paddingOf(params['padding']) === 'valid')
      return (extent - 1) * stride + window + (given?.[i] ?? Math.max(stride - window, 0));
    return given === null ? extent * stride : (extent - 1) * stride + (window % 2) + given[i]!;
  });
}

/** Null, or why no convolution with these strides would turn the output's size back into the input's. */
function outputPaddingProblem(params: ParameterValues, size: readonly number[]): string | null {
  if (params['outputPadding'] === null) return null;
  const given = sizesOf(params['outputPadding'], size.length);
  const strides = sizesOf(params['strides'], size.length);
  const received = given.join(' × ');
  if (given.some((padding, i) => padding >= strides[i]!))
    return `needs an output padding below its strides, ${strides.join(' × ')}; received ${received}. Make it smaller, or leave it empty.`;
  const made = outputSize(params, size);
  const fits = size.every(
    (extent, i) => paddingOf(params['padding']) === 'valid' || Math.ceil(made[i]! / strides[i]!) === extent,
  );
  return fits
    ? null
    : `needs an output padding of 1 or more where its kernel is even; received ${received}. Make it larger, or leave it empty.`;
}

/** Size of the layer's input along the axes of the windows. */
function sizeOf({ inputShapes }: Pick<LayerContext, 'inputShapes'>): number[] {
  return inputShapes[0]!.slice(1, -1).map((extent) => extent!);
}

function convolve(context: LayerContext, axes: WindowAxes, kernel: ValueId): ValueId {
  const { builder, params, inputs } = context;
  const common = { padding: paddingOf(params['padding']), groups: 1 };
  const { strides, dilationRate } = params;
  const inputSize = outputSize(params, sizeOf(context));
  if (axes === 3) {
    return builder.conv3dInputGradient(kernel, inputs[0]!, {
      ...common,
      strides: tripleOf(strides),
      dilations: tripleOf(dilationRate),
      inputSize: tripleOf(inputSize),
    });
  }
  return onImages(context, axes, (images) =>
    builder.conv2dInputGradient(imageKernel(context, axes, kernel), images, {
      ...common,
      strides: imageSizeOf(strides, axes),
      dilations: imageSizeOf(dilationRate, axes),
      inputSize: imageSizeOf(inputSize, axes),
    }),
  );
}

function definition(axes: WindowAxes, description: string): LayerDefinition {
  return {
    kind: `Conv${axes}DTranspose`,
    family: 'convolution',
    otherNames: ['deconvolution', 'transposed convolution', 'fractionally strided convolution'],
    description,
    formula: 'activation(x ∗ᵀ kernel + bias)',
    inputs: { min: 1, max: 1 },
    traits: { hidden: { activation: 'relu' } },
    parameters: filterParameters(axes, [outputPadding(axes)]),
    pytorch: convolutionForms,
    summarize: summarizeConvolution(axes, 'filters'),
    check: (params, inputShapes) =>
      convolutionProblem(axes, params, inputShapes[0]!) ?? outputPaddingProblem(params, sizeOf({ inputShapes })),
    emit: (context) => {
      const { params, inputShapes } = context;
      const channels = inputShapes[0]!.at(-1)!;
      const shape = [...sizesOf(params['kernelSize'], axes), numberOf(params['filters']), channels];
      return addBias(context, convolve(context, axes, trainedWeight(context, 'kernel', shape)));
    },
  };
}

export const transposedConvolutions: readonly LayerDefinition[] = [
  definition(1, 'A transposed convolution: strides make the sequence longer.'),
  definition(2, 'A transposed convolution: strides make the image larger.'),
  definition(3, 'A transposed convolution: strides make the volume larger.'),
];
