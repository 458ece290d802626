import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import type { WindowAxes } from '../../definition/sequences.ts';
import { sizeType } from '../../definition/windows.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import { formatSizes, sizesOf } from '../../parameters/sizes.ts';
import { repeatElements } from './repeat.ts';

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
    parameters: [
      { name: 'size', label: 'Size', help, default: standard, type: sizeType(axes, { min: 1, max: 10_000 }) },
      ...others,
    ],
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

/**
 * Enlarges an axis by linear interpolation between the centres of its elements; beyond the
 * outermost centres their values are used. As TensorFlow's resize (bilinear, half-pixel centres).
 *
 * The new elements of one old element take fixed shares of it and of its neighbours, so all
 * of them are three products with constants.
 */
export function interpolateElements(builder: ProgramBuilder, x: ValueId, axis: number, times: number): ValueId {
  const shape = builder.shapeOf(x);
  const size = shape[axis]!;
  if (times === 1 || size === 1) return repeatElements(builder, x, axis, times);
  const part = (start: number, length: number): ValueId =>
    builder.slice(
      x,
      shape.map((_, i) => (i === axis ? start : 0)),
      shape.map((_, i) => (i === axis ? length : -1)),
    );
  const before = builder.concat([part(0, 1), part(0, size - 1)], axis);
  const after = builder.concat([part(1, size - 1), part(size - 1, 1)], axis);
  // Position of each new centre relative to the old one.
  const offsets = Array.from({ length: times }, (_, i) => (i + 0.5) / times - 0.5);
  const apart = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const shares = [times, ...shape.slice(axis + 1).map(() => 1)];
  const product = (value: ValueId, share: (offset: number) => number): ValueId =>
    builder.multiply(builder.reshape(value, apart), builder.constant('float32', shares, offsets.map(share)));
  const mixed = [
    product(x, (offset) => 1 - Math.abs(offset)),
    product(before, (offset) => Math.max(-offset, 0)),
    product(after, (offset) => Math.max(offset, 0)),
  ].reduce((sum, value) => builder.add(sum, value));
  return builder.reshape(mixed, shape.with(axis, size * times));
}
