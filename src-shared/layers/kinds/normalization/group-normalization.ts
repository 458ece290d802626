import { axesProblem, axisOf, axisParameter, otherAxes } from '../../definition/axes.ts';
import { showShape } from '../../../program/language/shape.ts';
import type { Shape } from '../../../program/language/types.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { affine, affineParameters, epsilonParameter, moments, standardized } from './normalization-parameters.ts';
import { numberOf } from '../../parameters/number.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';
import { featureForms } from '../../definition/pytorch-weights.ts';

function groupsOf({ groups, axis }: ParameterValues, shape: Shape): number {
  return groups === -1 ? shape[axisOf(numberOf(axis), shape)]! : numberOf(groups);
}

/** Source: Y. Wu and K. He, arXiv:1803.08494 (2018). */
export const groupNormalization: LayerDefinition = {
  kind: 'GroupNormalization',
  family: 'normalization',
  otherNames: ['groupnorm', 'GN', 'instance normalization', 'instancenorm'],
  description: 'Gives each group of channels of each example mean 0 and variance 1.',
  formula: '(x - mean) / √(variance + epsilon) · gamma + beta',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [
    {
      name: 'groups',
      label: 'Groups',
      help: 'How many groups the channels form; -1: each channel is one.',
      default: 32,
      type: { kind: 'integer', min: -1, max: 1_000_000 },
    },
    axisParameter('The axis of the channels.'),
    epsilonParameter,
    ...affineParameters,
  ],
  pytorch: featureForms,
  summarize: ({ groups }) => String(groups),
  check: (params, [shape]) => {
    const problem = axesProblem([numberOf(params['axis'])], shape!);
    if (problem !== null) return problem;
    const channels = shape![axisOf(numberOf(params['axis']), shape!)]!;
    const groups = groupsOf(params, shape!);
    if (groups > 0 && channels % groups === 0) return null;
    return `needs groups that divide the ${channels} channels of ${showShape(shape!)}; received ${groups}. Set groups to 1.`;
  },
  emit: (context) => {
    const { builder, params, inputs, inputShapes } = context;
    const shape = inputShapes[0]!;
    const axis = axisOf(numberOf(params['axis']), shape);
    const channels = shape[axis]!;
    const groups = groupsOf(params, shape);
    const grouped = [...shape.slice(0, axis), groups, channels / groups, ...shape.slice(axis + 1)];
    const { centered, variance } = moments(builder, builder.reshape(inputs[0]!, grouped), otherAxes([axis], grouped));
    const normalized = builder.reshape(standardized(builder, centered, variance, numberOf(params['epsilon'])), shape);
    const broadcast = shape.slice(1).map((_, i) => (i + 1 === axis ? channels : 1));
    return affine(context, normalized, [channels], broadcast);
  },
};
