import { showShape } from '../../../program/language/shape.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { marginsOf } from '../../parameters/margins.ts';
import { marginsParameter, marginsProblem } from './margins-parameter.ts';
import { integersOf } from '../../parameters/number-list.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import type { WindowAxes } from '../../definition/sequences.ts';

/** @param standard Keras's default: images alone are not cropped unasked. */
function definition(axes: WindowAxes, standard: number, description: string, formula: string): LayerDefinition {
  return {
    kind: `Cropping${axes}D`,
    family: 'core',
    otherNames: ['crop', 'trim'],
    description,
    formula,
    inputs: { min: 1, max: 1 },
    traits: { linear: 'map' },
    parameters: [marginsParameter('cropping', 'Cropping', axes, standard)],
    summarize: ({ cropping }) => integersOf(cropping).join(', '),
    check: ({ cropping }, [shape]) => {
      const problem = examplesProblem(axes, shape!) ?? marginsProblem('cropping', axes, cropping);
      if (problem !== null) return problem;
      const fits = marginsOf(cropping, axes).every(([start, end], axis) => start + end < shape![axis + 1]!);
      if (fits) return null;
      return `needs less cropping than there is; received ${integersOf(cropping).join(', ')} for ${showShape(shape!)}. Crop less.`;
    },
    emit: ({ builder, params, inputs, inputShapes }) => {
      const margins = marginsOf(params['cropping'], axes);
      const starts = [0, ...margins.map(([start]) => start), 0];
      const sizes = margins.map(([start, end], axis) => inputShapes[0]![axis + 1]! - start - end);
      return builder.slice(inputs[0]!, starts, [-1, ...sizes, -1]);
    },
  };
}

/** Cuts the border off sequences, images and volumes. */
export const cropping: readonly LayerDefinition[] = [
  definition(1, 1, 'Cuts the border off each sequence.', '[batch, steps, c] without its border'),
  definition(2, 0, 'Cuts the border off each image.', '[batch, h, w, c] without its border'),
  definition(3, 1, 'Cuts the border off each volume.', '[batch, d, h, w, c] without its border'),
];
