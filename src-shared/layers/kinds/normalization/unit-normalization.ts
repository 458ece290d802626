import { axesOf, axesParameter, axesProblem } from '../../definition/axes.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { integersOf } from '../../parameters/number-list.ts';
import { unitLength } from './unit-length.ts';

export const unitNormalization: LayerDefinition = {
  kind: 'UnitNormalization',
  family: 'normalization',
  otherNames: ['L2 normalization', 'unit length'],
  description: 'Gives each row length 1.',
  formula: 'x / √(Σ x²)',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [axesParameter('The axes over which the length is taken.')],
  summarize: () => '',
  check: ({ axis }, [shape]) => axesProblem(integersOf(axis), shape!),
  emit: ({ builder, params, inputs, inputShapes }) =>
    unitLength(builder, inputs[0]!, axesOf(integersOf(params['axis']), inputShapes[0]!)),
};
