import type { LayerDefinition } from '../../definition/layer.ts';
import { integersOf } from '../../parameters/number-list.ts';
import { resolveParameters } from '../../parameters/resolve-parameters.ts';
import { trainedWeight, weightParameters } from '../../definition/weight-parameters.ts';
import { axesOf, axesProblem } from '../../definition/axes.ts';
import { featureForms } from '../../definition/pytorch-weights.ts';

/** Source: K. He et al., arXiv:1502.01852 (2015). */
export const prelu: LayerDefinition = {
  kind: 'PReLU',
  family: 'activation',
  otherNames: ['parametric ReLU'],
  description: 'Leaky ReLU whose negative slope is trained, one for each value.',
  formula: 'x, or alpha · x where x < 0',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { activation: 'leakyRelu' },
  parameters: [
    {
      name: 'sharedAxes',
      label: 'Shared axes',
      help: 'Axes along which one slope serves all values: 1, 2 for the pixels of an image.',
      default: [],
      type: { kind: 'integers', min: -8, max: 8, minLength: 0, maxLength: 4 },
    },
    ...weightParameters('alpha', 'Alpha', 'zeros'),
  ],
  keras: {
    read: ({ shared_axes: axes, ...config }) => (axes === null ? config : { ...config, shared_axes: axes }),
    // Keras takes negative axes for other ones than these.
    write(params, name, [inputShape = null]) {
      const { values, faults } = resolveParameters(prelu, params);
      const axes = faults.some(({ spec }) => spec.name === 'sharedAxes') ? [] : integersOf(values['sharedAxes']);
      if (axes.every((axis) => axis >= 0)) return {};
      if (inputShape !== null) return { params: { ...params, sharedAxes: axesOf(axes, inputShape) } };
      const note = `shared_axes of '${name}' must count from the front in Keras; its input's rank is not known yet.`;
      return { note };
    },
  },
  pytorch: featureForms,
  summarize: () => '',
  check: ({ sharedAxes }, [shape]) => axesProblem(integersOf(sharedAxes), shape!),
  emit: (context) => {
    const { builder, params, inputs, inputShapes } = context;
    const x = inputs[0]!;
    const shared = axesOf(integersOf(params['sharedAxes']), inputShapes[0]!);
    const shape = inputShapes[0]!.slice(1).map((size, axis) => (shared.includes(axis + 1) ? 1 : size!));
    const alpha = trainedWeight(context, 'alpha', shape);
    const negative = builder.plain('relu', builder.plain('negative', x));
    return builder.subtract(builder.plain('relu', x), builder.multiply(negative, alpha));
  },
};
