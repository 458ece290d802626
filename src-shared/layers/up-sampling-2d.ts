import type { LayerDefinition } from './layer.ts';
import { formatPair, pairOf } from './parameters.ts';
import { repeatElements } from './repeat.ts';
import { imageProblem } from './sequences.ts';

export const upSampling2d: LayerDefinition = {
  kind: 'UpSampling2D',
  family: 'core',
  description: 'Enlarges images by repeating rows and columns (nearest).',
  formula: '[batch, h, w, c] → [batch, size · h, size · w, c]',
  inputs: { min: 1, max: 1 },
  parameters: [
    {
      name: 'size',
      label: 'Size',
      help: 'How often rows and columns are repeated.',
      default: [2, 2],
      type: { kind: 'pair', min: 1, max: 10_000 },
    },
  ],
  summarize: ({ size }) => formatPair(size),
  check: (_, [shape]) => imageProblem(shape!),
  emit: ({ builder, params, inputs }) => {
    const [rows, columns] = pairOf(params['size']);
    return repeatElements(builder, repeatElements(builder, inputs[0]!, 1, rows), 2, columns);
  },
};
