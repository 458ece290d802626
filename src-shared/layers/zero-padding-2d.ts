import type { LayerDefinition } from './layer.ts';
import { marginsOf, marginsParameter, marginsProblem } from './margins.ts';
import { integersOf } from './parameters.ts';
import { imageProblem } from './sequences.ts';

export const zeroPadding2d: LayerDefinition = {
  kind: 'ZeroPadding2D',
  family: 'core',
  description: 'Puts a border of zeros around each image.',
  formula: '[batch, h, w, c] with zeros around it',
  inputs: { min: 1, max: 1 },
  parameters: [marginsParameter('padding', 'Padding', 2, 1)],
  summarize: ({ padding }) => integersOf(padding).join(', '),
  check: ({ padding }, [shape]) => imageProblem(shape!) ?? marginsProblem('padding', padding),
  emit: ({ builder, params, inputs }) => {
    const margins = marginsOf(params['padding'], 2);
    const before = [0, ...margins.map(([start]) => start), 0];
    const after = [0, ...margins.map(([, end]) => end), 0];
    return builder.pad(inputs[0]!, before, after);
  },
};
