import type { LayerDefinition } from '../../definition/layer.ts';
import { marginsOf } from '../../parameters/margins.ts';
import { marginsParameter, marginsProblem } from './margins-parameter.ts';
import { integersOf } from '../../parameters/number-list.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import type { WindowAxes } from '../../definition/sequences.ts';

function definition(axes: WindowAxes, description: string, formula: string): LayerDefinition {
  return {
    kind: `ZeroPadding${axes}D`,
    family: 'core',
    otherNames: ['pad', 'padding'],
    description,
    formula,
    inputs: { min: 1, max: 1 },
    traits: { linear: 'map' },
    parameters: [marginsParameter('padding', 'Padding', axes, 1)],
    summarize: ({ padding }) => integersOf(padding).join(', '),
    check: ({ padding }, [shape]) => examplesProblem(axes, shape!) ?? marginsProblem('padding', axes, padding),
    emit: ({ builder, params, inputs }) => {
      const margins = marginsOf(params['padding'], axes);
      const before = [0, ...margins.map(([start]) => start), 0];
      const after = [0, ...margins.map(([, end]) => end), 0];
      return builder.pad(inputs[0]!, before, after);
    },
  };
}

/** A border of zeros around sequences, images and volumes. */
export const zeroPadding: readonly LayerDefinition[] = [
  definition(1, 'Puts a border of zeros around each sequence.', '[batch, steps, c] with zeros around it'),
  definition(2, 'Puts a border of zeros around each image.', '[batch, h, w, c] with zeros around it'),
  definition(3, 'Puts a border of zeros around each volume.', '[batch, d, h, w, c] with zeros around it'),
];
