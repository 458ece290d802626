import type { LayerDefinition } from '../../definition/layer.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import { drawnPerImage } from './image-parameters.ts';

const modes = [
  { value: 'horizontalAndVertical', label: 'Both' },
  { value: 'horizontal', label: 'Horizontal' },
  { value: 'vertical', label: 'Vertical' },
];

export const randomFlip: LayerDefinition = {
  kind: 'RandomFlip',
  family: 'image',
  otherNames: ['augmentation', 'mirror'],
  description: 'While training, mirrors half of the images.',
  formula: 'u ≤ 0.5 ? x mirrored : x',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'map' },
  parameters: [
    {
      name: 'mode',
      label: 'Direction',
      help: 'Horizontal exchanges left and right, vertical top and bottom. Both does the two together, or neither.',
      default: 'horizontalAndVertical',
      type: { kind: 'choice', options: modes },
    },
  ],
  keras: { inMode: () => null },
  summarize: ({ mode }) => (modes.find(({ value }) => value === mode)?.label ?? String(mode)).toLowerCase(),
  check: (_, [shape]) => examplesProblem(2, shape!),
  emit: (context) => {
    const { builder: b, params, inputs, training, step } = context;
    const x = inputs[0]!;
    if (!training || step === null) return x;
    // As in Keras 3, one number decides on both directions.
    const flips = b.plain('lessEqual', drawnPerImage(context, step, 'flip', [0, 1]), b.scalar(0.5));
    const { mode } = params;
    const wide = mode === 'vertical' ? x : b.reverse(x, 2);
    return b.select(flips, mode === 'horizontal' ? wide : b.reverse(wide, 1), x);
  },
};
