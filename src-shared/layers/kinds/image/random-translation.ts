import { augmentation } from './image-layer.ts';
import { drawnPosition, factorParameter, limitsOf, limitsSummary } from './image-parameters.ts';
import { pixelPositions, sampled, samplingParameters } from './sampling.ts';

const limits = 'Two numbers: the limits. One number f: from -f to f.';

export const randomTranslation = augmentation({
  kind: 'RandomTranslation',
  otherNames: ['shift', 'move'],
  description: 'While training, moves each image by a random part of its height and width.',
  formula: 'x[row - height · u, column - width · v]',
  parameters: [
    factorParameter('heightFactor', 'Height factor', `Move down, as a part of the height; negative: up. ${limits}`),
    factorParameter('widthFactor', 'Width factor', `Move right, as a part of the width; negative: left. ${limits}`),
    ...samplingParameters,
  ],
  keras: { inMode: (training) => (training ? null : { params: { heightFactor: 0, widthFactor: 0 } }) },
  summarize: ({ heightFactor, widthFactor }) => `${limitsSummary(heightFactor)}, ${limitsSummary(widthFactor)}`,
  augment: (context, x, step) => {
    const { builder: b, params, inputShapes } = context;
    const [, height, width] = inputShapes[0]!;
    const { columns, rows } = pixelPositions(b, x);
    const down = drawnPosition(context, step, 'height', limitsOf(params['heightFactor']));
    const right = drawnPosition(context, step, 'width', limitsOf(params['widthFactor']));
    const from = {
      columns: b.subtract(columns, b.multiply(right, b.scalar(width!))),
      rows: b.subtract(rows, b.multiply(down, b.scalar(height!))),
    };
    return sampled(b, x, from, params);
  },
});
