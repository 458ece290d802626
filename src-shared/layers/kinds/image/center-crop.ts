import { imageLayer } from './image-layer.ts';
import { sizeOf, sizeParameters } from './image-parameters.ts';
import { cropped, croppedAndResized } from './resize.ts';

export const centerCrop = imageLayer({
  kind: 'CenterCrop',
  otherNames: ['crop', 'trim'],
  description: 'Keeps the centre of each image. Smaller images are cropped to the same proportions and enlarged.',
  formula: '[batch, h, w, c] → [batch, height, width, c]',
  parameters: sizeParameters,
  summarize: (params) => sizeOf(params).join(' × '),
  emit: ({ builder, params, inputs, inputShapes }) => {
    const x = inputs[0]!;
    const [height, width] = sizeOf(params);
    const [, rows, columns] = inputShapes[0]!;
    if (rows! < height || columns! < width) return croppedAndResized(builder, x, [height, width]);
    const top = Math.floor((rows! - height) / 2);
    const left = Math.floor((columns! - width) / 2);
    return cropped(builder, x, { top, left, height, width });
  },
});
