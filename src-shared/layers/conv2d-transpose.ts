import type { Pair } from '../program/types.ts';
import {
  addBias,
  convolutionProblem,
  filtersParameter,
  kernelSizeParameter,
  summarizeConvolution,
  windowParameters,
} from './convolutions.ts';
import type { LayerDefinition, ParameterSpec } from './layer.ts';
import { formatPair, numberOf, pairOf } from './parameters.ts';
import type { ParameterValues } from './parameters.ts';
import { biasInitializer, initializerOf, kernelInitializer, useBias } from './weight-parameters.ts';
import { paddingOf } from './windows.ts';

const outputPadding: ParameterSpec = {
  name: 'outputPadding',
  label: 'Output padding',
  help: 'Pixels added after the image, less than the strides; empty: such that strides alone decide the size.',
  default: null,
  type: { kind: 'pair', min: 0, max: 1000, emptyMeans: 'as strides and padding ask for' },
  advanced: true,
};

/** Height and width that come of an image's: Keras's rule. */
function outputSize(params: ParameterValues, size: Pair): Pair {
  const [strides, kernel, dilation] = [params['strides'], params['kernelSize'], params['dilationRate']].map(pairOf);
  const given = params['outputPadding'] === null ? null : pairOf(params['outputPadding']);
  const axis = (i: 0 | 1): number => {
    const window = (kernel![i] - 1) * dilation![i] + 1;
    const stride = strides![i];
    if (paddingOf(params['padding']) === 'valid')
      return (size[i] - 1) * stride + window + (given?.[i] ?? Math.max(stride - window, 0));
    return given === null ? size[i] * stride : (size[i] - 1) * stride + (window % 2) + given[i];
  };
  return [axis(0), axis(1)];
}

/** Null, or why no convolution with these strides would turn the output's size back into the input's. */
function outputPaddingProblem(params: ParameterValues, size: Pair): string | null {
  if (params['outputPadding'] === null) return null;
  const given = pairOf(params['outputPadding']);
  const strides = pairOf(params['strides']);
  const received = formatPair([...given]);
  if (given[0] >= strides[0] || given[1] >= strides[1])
    return `needs an output padding below its strides, ${formatPair([...strides])}; received ${received}. Make it smaller, or leave it empty.`;
  const made = outputSize(params, size);
  const fits = ([0, 1] as const).every(
    (i) => paddingOf(params['padding']) === 'valid' || Math.ceil(made[i] / strides[i]) === size[i],
  );
  return fits
    ? null
    : `needs an output padding of 1 or more where its kernel is even; received ${received}. Make it larger, or leave it empty.`;
}

export const conv2dTranspose: LayerDefinition = {
  kind: 'Conv2DTranspose',
  family: 'convolution',
  description: 'A convolution the other way round: strides make the image larger.',
  formula: 'activation(x ∗ᵀ kernel + bias)',
  inputs: { min: 1, max: 1 },
  parameters: [
    filtersParameter,
    kernelSizeParameter(2),
    ...windowParameters(2),
    outputPadding,
    useBias,
    kernelInitializer,
    biasInitializer,
  ],
  summarize: summarizeConvolution(2, 'filters'),
  check: (params, [shape]) =>
    convolutionProblem(2, params, shape!) ?? outputPaddingProblem(params, [shape![1]!, shape![2]!]),
  emit: (context) => {
    const { builder, params, inputs, inputShapes, weight } = context;
    const [, height, width, channels] = inputShapes[0]!;
    const kernel = weight({
      name: 'kernel',
      shape: [...pairOf(params['kernelSize']), numberOf(params['filters']), channels!],
      initializer: initializerOf(params['kernelInitializer']),
      trainable: true,
    });
    const y = builder.conv2dInputGradient(kernel, inputs[0]!, {
      strides: pairOf(params['strides']),
      padding: paddingOf(params['padding']),
      dilations: pairOf(params['dilationRate']),
      groups: 1,
      inputSize: outputSize(params, [height!, width!]),
    });
    return addBias(context, y);
  },
};
