import { axesOf, axesParameter, axesProblem } from '../../definition/axes.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { affine, affineParameters, epsilonParameter, moments, standardized } from './normalization-parameters.ts';
import { integersOf } from '../../parameters/number-list.ts';
import { numberOf } from '../../parameters/number.ts';
import { featureForms } from '../../definition/pytorch-weights.ts';

/** Source: J. Ba et al., arXiv:1607.06450 (2016). */
export const layerNormalization: LayerDefinition = {
  kind: 'LayerNormalization',
  family: 'normalization',
  otherNames: ['layernorm', 'LN'],
  description: 'Gives the values of each example mean 0 and variance 1.',
  formula: '(x - mean) / √(variance + epsilon) · gamma + beta',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [
    axesParameter('The axes over which mean and variance are taken.'),
    epsilonParameter,
    ...affineParameters,
  ],
  pytorch: featureForms,
  summarize: () => '',
  check: ({ axis }, [shape]) => axesProblem(integersOf(axis), shape!),
  emit: (context) => {
    const { builder, params, inputs, inputShapes } = context;
    const shape = inputShapes[0]!;
    const axes = axesOf(integersOf(params['axis']), shape);
    const { centered, variance } = moments(builder, inputs[0]!, axes);
    const normalized = standardized(builder, centered, variance, numberOf(params['epsilon']));
    const broadcast = shape.slice(1).map((size, i) => (axes.includes(i + 1) ? size! : 1));
    return affine(
      context,
      normalized,
      axes.map((axis) => shape[axis]!),
      broadcast,
    );
  },
};
