import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { maskColumn, whereMasked } from '../../definition/masks.ts';
import type { Mask } from '../../definition/masks.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import type { WindowAxes } from '../../definition/sequences.ts';

type Reduce = (builder: ProgramBuilder, x: ValueId, axes: readonly number[], keepDims: boolean) => ValueId;

function definition(
  kind: string,
  axes: WindowAxes,
  description: string,
  formula: string,
  reduce: Reduce,
  masked?: (builder: ProgramBuilder, x: ValueId, mask: Mask, keepDims: boolean) => ValueId,
): LayerDefinition {
  return {
    kind,
    family: 'pooling',
    otherNames: reduce === mean ? ['global avgpool', 'GAP'] : ['global maxpool', 'GMP'],
    description,
    formula,
    inputs: { min: 1, max: 1 },
    traits: reduce === mean ? { linear: 'map' } : {},
    ...(masked === undefined ? {} : { mask: 'use' as const }),
    parameters: [
      {
        name: 'keepdims',
        label: 'Keep axes',
        help: 'Keeps the axes with size 1.',
        default: false,
        type: { kind: 'boolean' },
        advanced: true,
      },
    ],
    summarize: () => '',
    check: (_, [shape]) => examplesProblem(axes, shape!),
    emit: ({ builder, params, inputs, masks }) => {
      const keepDims = params['keepdims'] === true;
      const mask = masks[0] ?? null;
      return masked === undefined || mask === null
        ? reduce(builder, inputs[0]!, [1, 2, 3].slice(0, axes), keepDims)
        : masked(builder, inputs[0]!, mask, keepDims);
    },
  };
}

const mean: Reduce = (builder, x, axes, keepDims) => builder.reduceMean(x, axes, keepDims);
const largest: Reduce = (builder, x, axes, keepDims) => builder.reduceMax(x, axes, keepDims);

/** The mean over the steps that count. */
function maskedMean(b: ProgramBuilder, x: ValueId, mask: Mask, keepDims: boolean): ValueId {
  const count = b.reduceSum(b.cast(maskColumn(b, mask), 'float32'), [1], keepDims);
  return b.divide(b.reduceSum(whereMasked(b, mask, x, 0), [1], keepDims), count);
}

/** Pooling over the whole sequence, image or volume: one value a channel is left. */
export const globalPooling: readonly LayerDefinition[] = [
  definition('GlobalAveragePooling1D', 1, 'Takes the mean over all steps.', 'mean over steps', mean, maskedMean),
  definition('GlobalAveragePooling2D', 2, 'Takes the mean of each channel.', 'mean over pixels', mean),
  definition('GlobalAveragePooling3D', 3, 'Takes the mean of each channel.', 'mean over voxels', mean),
  definition('GlobalMaxPooling1D', 1, 'Takes the largest value over all steps.', 'max over steps', largest),
  definition('GlobalMaxPooling2D', 2, 'Takes the largest value of each channel.', 'max over pixels', largest),
  definition('GlobalMaxPooling3D', 3, 'Takes the largest value of each channel.', 'max over voxels', largest),
];
