import type { ValueId } from '../../../program/language/types.ts';
import { imageLayer } from './image-layer.ts';
import { between, sizeOf, sizeParameters } from './image-parameters.ts';
import { centredCrop, cropped, croppedAndResized, resized } from './resize.ts';

export const randomCrop = imageLayer({
  kind: 'RandomCrop',
  otherNames: ['augmentation', 'trim'],
  description:
    'While training, crops images at a random position, the same for all of a batch; when predicting, crops and resizes the centre.',
  formula: '[batch, h, w, c] → [batch, height, width, c]',
  parameters: sizeParameters,
  keras: {
    inMode: () => null,
    write: (_, name) => ({
      note: `Keras 3 does not crop in prediction: '${name}' gives the whole image there. Put Resizing with crop_to_aspect_ratio in its place for prediction.`,
    }),
  },
  summarize: (params) => sizeOf(params).join(' × '),
  emit: ({ builder: b, params, inputs, inputShapes, training, step, randomKey }) => {
    const x = inputs[0]!;
    const size = sizeOf(params);
    const [height, width] = size;
    const [rows, columns] = [inputShapes[0]![1]!, inputShapes[0]![2]!];
    if (!training || step === null) return croppedAndResized(b, x, size);
    if (rows <= height || columns <= width) {
      // As in Keras: from the corner of the largest rectangle with the target's proportions, up to the target's size.
      const { top, left } = centredCrop([rows, columns], size);
      const part = { top, left, height: Math.min(height, rows - top), width: Math.min(width, columns - left) };
      return resized(b, cropped(b, x, part), size, 'bilinear');
    }
    const along = (value: ValueId, axis: number, from: number, to: number, purpose: string): ValueId => {
      const drawn = b.randomUniform(b.scalar(0), step, randomKey(purpose));
      const start = b.cast(b.plain('floor', between({ builder: b }, drawn, [0, from - to + 1])), 'int32');
      const range = Array.from({ length: to }, (_, i) => i);
      return b.gather(value, b.add(b.constant('int32', [to], range), start), axis);
    };
    return along(along(x, 1, rows, height, 'top'), 2, columns, width, 'left');
  },
});
