import { augmentation } from './image-layer.ts';
import { drawnPerImage } from './image-parameters.ts';

const modes = [
  { value: 'horizontalAndVertical', label: 'Both' },
  { value: 'horizontal', label: 'Horizontal' },
  { value: 'vertical', label: 'Vertical' },
];

export const randomFlip = augmentation({
  kind: 'RandomFlip',
  otherNames: ['mirror'],
  description: 'While training, mirrors half of the images.',
  formula: 'u ≤ 0.5 ? x mirrored : x',
  parameters: [
    {
      name: 'mode',
      label: 'Direction',
      help: 'Horizontal exchanges left and right, vertical top and bottom. Both does the two together, or neither.',
      default: 'horizontalAndVertical',
      type: { kind: 'choice', options: modes },
    },
  ],
  summarize: ({ mode }) => (modes.find(({ value }) => value === mode)?.label ?? String(mode)).toLowerCase(),
  augment: (context, x, step) => {
    const { builder: b, params } = context;
    // As in Keras 3, one number decides on both directions.
    const flips = b.plain('lessEqual', drawnPerImage(context, step, 'flip', [0, 1]), b.scalar(0.5));
    const { mode } = params;
    const wide = mode === 'vertical' ? x : b.reverse(x, 2);
    return b.select(flips, mode === 'horizontal' ? wide : b.reverse(wide, 1), x);
  },
});
