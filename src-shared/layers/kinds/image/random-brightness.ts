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

export const randomBrightness: LayerDefinition = {
  kind: 'RandomBrightness',
  family: 'image',
  otherNames: ['augmentation', 'lightness'],
  description: 'While training, makes each image brighter or darker by a random amount.',
  formula: 'x + factor · (largest - least)',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'map', pixelsExpected: pixelsOf },
  parameters: [
    factorParameter(
      'factor',
      'Factor',
      'Two numbers: the limits of what is added, as a part of the pixel range. One number f: from -f to f.',
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
    const [least, largest] = limitsOf(params['valueRange']);
    const factor = drawnPerImage(context, step, 'brightness', limitsOf(params['factor']));
    return clipped(context, b.add(x, b.multiply(factor, b.scalar(largest - least))));
  },
};
