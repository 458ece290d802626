import type { LayerDefinition } from '../../definition/layer.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import {
  clipped,
  drawnPerImage,
  factorParameter,
  limitsOf,
  limitsSummary,
  pixelsOf,
  valueRangeParameter,
} from './image-parameters.ts';

export const randomContrast: LayerDefinition = {
  kind: 'RandomContrast',
  family: 'image',
  otherNames: ['augmentation'],
  description: 'While training, changes the contrast of each image by a random factor.',
  formula: '(x - mean) · factor + mean, for each channel',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'map', pixelsExpected: pixelsOf },
  parameters: [
    factorParameter(
      'factor',
      'Factor',
      'Two numbers a and b: contrast is multiplied by 1 - a to 1 + b. One number b: by 1 to 1 + b, as in Keras 3.',
      [0, 1],
    ),
    valueRangeParameter,
  ],
  keras: { inMode: () => null },
  summarize: ({ factor }) => limitsSummary(factor),
  check: (_, [shape]) => examplesProblem(2, shape!),
  emit: (context) => {
    const { builder: b, params, inputs, training, step } = context;
    const x = inputs[0]!;
    if (!training || step === null) return x;
    const [lower, upper] = limitsOf(params['factor'], 0);
    const factor = drawnPerImage(context, step, 'contrast', [1 - lower, 1 + upper]);
    const mean = b.reduceMean(x, [1, 2], true);
    return clipped(context, b.add(b.multiply(b.subtract(x, mean), factor), mean));
  },
};
