import { applyActivation, activationParameter } from './activations.ts';
import { formatShape } from '../program/shape.ts';
import type { LayerDefinition } from './layer.ts';
import { formatPair, numberOf, pairOf } from './parameters.ts';
import { biasInitializer, initializerOf, kernelInitializer, useBias } from './weight-parameters.ts';
import { paddingOf, paddingParameter, windowProblem } from './windows.ts';

export const conv2d: LayerDefinition = {
  kind: 'Conv2D',
  family: 'convolution',
  description: 'Slides small filters over an image.',
  formula: 'activation(x ∗ kernel + bias)',
  inputs: { min: 1, max: 1 },
  parameters: [
    {
      name: 'filters',
      label: 'Filters',
      help: 'How many channels come out.',
      default: 32,
      type: { kind: 'integer', min: 1, max: 100_000 },
    },
    {
      name: 'kernelSize',
      label: 'Kernel size',
      help: 'Height and width of a filter in pixels.',
      default: [3, 3],
      type: { kind: 'pair', min: 1, max: 1000 },
    },
    activationParameter('linear'),
    paddingParameter,
    {
      name: 'strides',
      label: 'Strides',
      help: 'How many pixels a filter moves at a time.',
      default: [1, 1],
      type: { kind: 'pair', min: 1, max: 1000 },
    },
    {
      name: 'dilationRate',
      label: 'Dilation rate',
      help: 'Distance between the pixels a filter looks at; other than 1 only with strides of 1.',
      default: [1, 1],
      type: { kind: 'pair', min: 1, max: 1000 },
      advanced: true,
    },
    {
      name: 'groups',
      label: 'Groups',
      help: 'Channels are split into this many groups that do not see each other.',
      default: 1,
      type: { kind: 'integer', min: 1, max: 100_000 },
      advanced: true,
    },
    useBias,
    kernelInitializer,
    biasInitializer,
  ],
  summarize: ({ filters, kernelSize, activation }) =>
    [String(filters), formatPair(kernelSize), activation === 'linear' ? '' : String(activation)]
      .filter((part) => part !== '')
      .join(', '),
  check: (params, [shape]) => {
    if (shape!.length !== 4) {
      return `needs images [batch, height, width, channels]; received ${formatShape(shape!)}. Connect it before Flatten, or to image data.`;
    }
    const groups = numberOf(params['groups']);
    const filters = numberOf(params['filters']);
    const channels = shape![3]!;
    if (channels % groups !== 0 || filters % groups !== 0) {
      return `needs groups that divide its ${channels} channels and ${filters} filters; received ${groups}. Set groups to 1.`;
    }
    const strides = pairOf(params['strides']);
    const dilation = pairOf(params['dilationRate']);
    if (Math.max(...strides) > 1 && Math.max(...dilation) > 1) {
      return `needs strides or a dilation rate of 1; received strides ${formatPair([...strides])} and dilation rate ${formatPair([...dilation])}. Set one of them to 1.`;
    }
    const size = pairOf(params['kernelSize']);
    const window = [(size[0] - 1) * dilation[0] + 1, (size[1] - 1) * dilation[1] + 1] as const;
    return windowProblem('kernel', window, params['padding'], shape!);
  },
  emit: ({ builder, params, inputs, inputShapes, weight }) => {
    const filters = numberOf(params['filters']);
    const groups = numberOf(params['groups']);
    const kernel = weight({
      name: 'kernel',
      shape: [...pairOf(params['kernelSize']), inputShapes[0]![3]! / groups, filters],
      initializer: initializerOf(params['kernelInitializer']),
      trainable: true,
    });
    let y = builder.conv2d(inputs[0]!, kernel, {
      strides: pairOf(params['strides']),
      padding: paddingOf(params['padding']),
      dilations: pairOf(params['dilationRate']),
      groups,
    });
    if (params['useBias'] === true) {
      const initializer = initializerOf(params['biasInitializer']);
      y = builder.add(y, weight({ name: 'bias', shape: [filters], initializer, trainable: true }));
    }
    return applyActivation(builder, params['activation'], y);
  },
};
