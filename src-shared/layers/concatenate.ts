import { formatShape } from '../program/shape.ts';
import { axesProblem, axisOf, axisParameter } from './axes.ts';
import type { LayerDefinition } from './layer.ts';
import { numberOf } from './parameters.ts';

export const concatenate: LayerDefinition = {
  kind: 'Concatenate',
  family: 'merge',
  description: 'Puts its inputs one after the other.',
  formula: '[a, b, …]',
  inputs: { min: 2, max: Infinity },
  parameters: [axisParameter('The axis along which the inputs follow each other.')],
  summarize: ({ axis }) => (axis === -1 ? '' : `axis ${String(axis)}`),
  check: ({ axis }, shapes) => {
    const [first] = shapes;
    const problem = axesProblem([numberOf(axis)], first!);
    if (problem !== null) return problem;
    const along = axisOf(numberOf(axis), first!);
    const fits = shapes.every(
      (shape) => shape.length === first!.length && shape.every((size, i) => i === along || size === first![i]),
    );
    if (fits) return null;
    return `needs inputs that differ on axis ${along} alone; received ${shapes.map(formatShape).join(' and ')}. Make their other sizes equal, or insert Flatten.`;
  },
  emit: ({ builder, params, inputs, inputShapes }) =>
    builder.concat(inputs, axisOf(numberOf(params['axis']), inputShapes[0]!)),
};
