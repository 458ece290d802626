import { augmentation } from './image-layer.ts';
import { drawnPosition, factorParameter, limitsOf, limitsSummary } from './image-parameters.ts';
import { pixelPositions, sampled, samplingParameters } from './sampling.ts';

export const randomRotation = augmentation({
  kind: 'RandomRotation',
  otherNames: ['rotate', 'turn'],
  description: 'While training, turns each image around its centre by a random angle.',
  formula: 'x rotated by 2π · u',
  parameters: [
    factorParameter(
      'factor',
      'Factor',
      'Angle as a part of a full turn; positive: counterclockwise. Two numbers: the limits. One number f: from -f to f.',
    ),
    ...samplingParameters,
  ],
  keras: { inMode: (training) => (training ? null : { params: { factor: 0 } }) },
  summarize: ({ factor }) => limitsSummary(factor),
  augment: (context, x, step) => {
    const { builder: b, params, inputShapes } = context;
    const [lower, upper] = limitsOf(params['factor']);
    const angle = drawnPosition(context, step, 'angle', [lower * 2 * Math.PI, upper * 2 * Math.PI]);
    const [cos, sin] = [b.plain('cos', angle), b.plain('sin', angle)];
    const [middleRow, middleColumn] = [(inputShapes[0]![1]! - 1) / 2, (inputShapes[0]![2]! - 1) / 2];
    const { columns, rows } = pixelPositions(b, x);
    const [right, down] = [b.subtract(columns, b.scalar(middleColumn)), b.subtract(rows, b.scalar(middleRow))];
    const from = {
      columns: b.add(b.subtract(b.multiply(cos, right), b.multiply(sin, down)), b.scalar(middleColumn)),
      rows: b.add(b.add(b.multiply(sin, right), b.multiply(cos, down)), b.scalar(middleRow)),
    };
    return sampled(b, x, from, params);
  },
});
