import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { augmentation } from './image-layer.ts';
import { drawnPosition, factorParameter, limitsOf, limitsSummary } from './image-parameters.ts';
import { pixelPositions, sampled, samplingParameters } from './sampling.ts';

const limits =
  'Positive numbers make the picture smaller, negative ones larger. Two numbers: the limits. One number f: from -f to f.';

export const randomZoom = augmentation({
  kind: 'RandomZoom',
  otherNames: ['scale'],
  description: 'While training, makes each image larger or smaller around its centre by a random factor.',
  formula: 'x[centre + (1 + u) · (row - centre), …]',
  parameters: [
    factorParameter('heightFactor', 'Height factor', limits),
    {
      name: 'widthFactor',
      label: 'Width factor',
      help: `${limits} Nothing: as the height, so that the picture keeps its proportions.`,
      default: null,
      type: { kind: 'numbers', min: -1, max: 1, maxLength: 2, emptyMeans: 'as height' },
    },
    ...samplingParameters,
  ],
  keras: { inMode: (training) => (training ? null : { params: { heightFactor: 0, widthFactor: 0 } }) },
  summarize: ({ heightFactor, widthFactor }) =>
    widthFactor === null
      ? limitsSummary(heightFactor)
      : `${limitsSummary(heightFactor)}, ${limitsSummary(widthFactor)}`,
  checkParameters: (params) => {
    const param = ['heightFactor', 'widthFactor'].find((name) => [params[name] ?? 0].flat().includes(-1));
    if (param === undefined) return null;
    return { param, message: 'needs factors above -1; received -1, which shows one pixel. Set -0.9 or more.' };
  },
  augment: (context, x, step) => {
    const { builder: b, params, inputShapes } = context;
    const zoom = (name: string, purpose: string): ValueId => {
      const [lower, upper] = limitsOf(params[name]);
      return drawnPosition(context, step, purpose, [1 + lower, 1 + upper]);
    };
    const high = zoom('heightFactor', 'height');
    const wide = params['widthFactor'] === null ? high : zoom('widthFactor', 'width');
    const { columns, rows } = pixelPositions(b, x);
    const from = {
      columns: aroundCentre(b, columns, wide, inputShapes[0]![2]!),
      rows: aroundCentre(b, rows, high, inputShapes[0]![1]!),
    };
    return sampled(b, x, from, params);
  },
});

function aroundCentre(b: ProgramBuilder, positions: ValueId, zoom: ValueId, size: number): ValueId {
  const offset = b.multiply(b.scalar((size - 1) / 2), b.subtract(b.scalar(1), zoom));
  return b.add(b.multiply(zoom, positions), offset);
}
