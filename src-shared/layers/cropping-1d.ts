import { formatShape } from '../program/shape.ts';
import type { LayerDefinition } from './layer.ts';
import { marginsOf, marginsParameter, marginsProblem } from './margins.ts';
import { integersOf } from './parameters.ts';
import { sequenceProblem } from './sequences.ts';

export const cropping1d: LayerDefinition = {
  kind: 'Cropping1D',
  family: 'core',
  description: 'Cuts the border off each sequence.',
  formula: '[batch, steps, c] without its border',
  inputs: { min: 1, max: 1 },
  parameters: [marginsParameter('cropping', 'Cropping', 1, 1)],
  summarize: ({ cropping }) => integersOf(cropping).join(', '),
  check: ({ cropping }, [shape]) => {
    const problem = sequenceProblem(shape!) ?? marginsProblem('cropping', cropping);
    if (problem !== null) return problem;
    const fits = marginsOf(cropping, 1).every(([start, end], axis) => start + end < shape![axis + 1]!);
    if (fits) return null;
    return `needs less cropping than there is; received ${integersOf(cropping).join(', ')} for ${formatShape(shape!)}. Crop less.`;
  },
  emit: ({ builder, params, inputs, inputShapes }) => {
    const margins = marginsOf(params['cropping'], 1);
    const starts = [0, ...margins.map(([start]) => start), 0];
    const sizes = margins.map(([start, end], axis) => inputShapes[0]![axis + 1]! - start - end);
    return builder.slice(inputs[0]!, starts, [-1, ...sizes, -1]);
  },
};
