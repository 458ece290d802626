import type { LayerDefinition } from '../../definition/layer.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import { sizeOf, sizeParameters } from './image-parameters.ts';
import { cropped, croppedAndResized } from './resize.ts';

export const centerCrop: LayerDefinition = {
  kind: 'CenterCrop',
  family: 'image',
  otherNames: ['crop', 'trim'],
  description: 'Keeps the centre of each image. Smaller images are cropped to the same proportions and enlarged.',
  formula: '[batch, h, w, c] → [batch, height, width, c]',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'map' },
  parameters: sizeParameters,
  summarize: (params) => sizeOf(params).join(' × '),
  check: (_, [shape]) => examplesProblem(2, shape!),
  emit: ({ builder, params, inputs, inputShapes }) => {
    const x = inputs[0]!;
    const [height, width] = sizeOf(params);
    const [, rows, columns] = inputShapes[0]!;
    if (rows! < height || columns! < width) return croppedAndResized(builder, x, [height, width]);
    const top = Math.floor((rows! - height) / 2);
    const left = Math.floor((columns! - width) / 2);
    return cropped(builder, x, { top, left, height, width });
  },
};
