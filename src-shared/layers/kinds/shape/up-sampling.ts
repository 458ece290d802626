import type { JsonValue } from '../../../document/schema/model-document.ts';
import { interpolateElements } from './interpolate.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import { formatSizes, sizesOf } from '../../parameters/sizes.ts';
import { repeatElements } from './repeat.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import type { WindowAxes } from '../../definition/sequences.ts';
import { sizeType } from '../../definition/windows.ts';

const interpolation: ParameterSpec = {
  name: 'interpolation',
  label: 'Interpolation',
  help: 'Nearest repeats pixels; bilinear goes evenly from one to the next.',
  default: 'nearest',
  type: {
    kind: 'choice',
    options: [
      { value: 'nearest', label: 'Nearest' },
      { value: 'bilinear', label: 'Bilinear' },
    ],
  },
};

function definition(
  axes: WindowAxes,
  description: string,
  formula: string,
  help: string,
  others: readonly ParameterSpec[] = [],
): LayerDefinition {
  const standard: JsonValue = axes === 1 ? 2 : new Array<number>(axes).fill(2);
  return {
    kind: `UpSampling${axes}D`,
    family: 'core',
    otherNames: ['upsample', 'interpolate', 'resize', 'unpool'],
    description,
    formula,
    inputs: { min: 1, max: 1 },
    traits: { linear: 'map' },
    parameters: [{ name: 'size', label: 'Size', help, default: standard, type: sizeType(axes, 10_000) }, ...others],
    summarize: ({ size }) => (axes === 1 ? `${String(size)} ×` : formatSizes(size, axes)),
    check: (_, [shape]) => examplesProblem(axes, shape!),
    emit: ({ builder, params, inputs }) => {
      const enlarge = params['interpolation'] === 'bilinear' ? interpolateElements : repeatElements;
      return sizesOf(params['size'], axes).reduce(
        (value, times, axis) => enlarge(builder, value, axis + 1, times),
        inputs[0]!,
      );
    },
  };
}

/** Makes sequences, images and volumes larger. */
export const upSampling: readonly LayerDefinition[] = [
  definition(
    1,
    'Repeats each step of a sequence.',
    '[batch, steps, c] → [batch, size · steps, c]',
    'How often each step is repeated.',
  ),
  definition(
    2,
    'Enlarges images, by repeating pixels or going evenly from one to the next.',
    '[batch, h, w, c] → [batch, size · h, size · w, c]',
    'How many times higher and wider.',
    [interpolation],
  ),
  definition(
    3,
    'Enlarges volumes by repeating voxels.',
    '[batch, d, h, w, c] → [batch, size · d, size · h, size · w, c]',
    'How many times deeper, higher and wider.',
  ),
];
