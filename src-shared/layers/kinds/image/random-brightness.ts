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

export const randomBrightness = augmentation({
  kind: 'RandomBrightness',
  otherNames: ['lightness'],
  description: 'While training, makes each image brighter or darker by a random amount.',
  formula: 'x + factor · (largest - least)',
  traits: { pixelsExpected: pixelsOf },
  parameters: [
    factorParameter(
      'factor',
      'Factor',
      'Two numbers: the limits of what is added, as a part of the pixel range. One number f: from -f to f.',
    ),
    valueRangeParameter,
  ],
  summarize: ({ factor }) => limitsSummary(factor),
  augment: (context, x, step) => {
    const { builder: b, params } = context;
    const [least, largest] = limitsOf(params['valueRange']);
    const factor = drawnPerImage(context, step, 'brightness', limitsOf(params['factor']));
    return clipped(context, b.add(x, b.multiply(factor, b.scalar(largest - least))));
  },
});
