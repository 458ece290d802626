import { augmentation } from './image-layer.ts';
import {
  clipped,
  drawnPerImage,
  factorParameter,
  limitsOf,
  limitsSummary,
  pixelsOf,
  valueRangeParameter,
} from './image-parameters.ts';

export const randomContrast = augmentation({
  kind: 'RandomContrast',
  description: 'While training, changes the contrast of each image by a random factor.',
  formula: '(x - mean) · factor + mean, for each channel',
  traits: { pixelsExpected: pixelsOf },
  parameters: [
    factorParameter(
      'factor',
      'Factor',
      'Two numbers a and b: contrast is multiplied by 1 - a to 1 + b. One number b: by 1 to 1 + b, as in Keras 3.',
      [0, 1],
    ),
    valueRangeParameter,
  ],
  summarize: ({ factor }) => limitsSummary(factor),
  augment: (context, x, step) => {
    const { builder: b, params } = context;
    const [lower, upper] = limitsOf(params['factor'], 0);
    const factor = drawnPerImage(context, step, 'contrast', [1 - lower, 1 + upper]);
    const mean = b.reduceMean(x, [1, 2], true);
    return clipped(context, b.add(b.multiply(b.subtract(x, mean), factor), mean));
  },
});
