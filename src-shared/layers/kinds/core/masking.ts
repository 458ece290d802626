import type { LayerDefinition } from '../../definition/layer.ts';
import { stepsOtherThan, whereMasked } from '../../definition/masks.ts';
import { numberOf } from '../../parameters/number.ts';
import { showShape } from '../../../program/language/shape.ts';

export const masking: LayerDefinition = {
  kind: 'Masking',
  family: 'recurrent',
  otherNames: ['mask', 'padding mask'],
  description: 'Marks steps whose values all equal one number as padding, which recurrent layers and attention skip.',
  formula: 'mask = any(x ≠ mask value)',
  inputs: { min: 1, max: 1 },
  mask: 'use',
  parameters: [
    {
      name: 'maskValue',
      label: 'Mask value',
      help: 'A step where every value equals this is padding.',
      default: 0,
      type: { kind: 'number', min: -1e9, max: 1e9, step: 1 },
    },
  ],
  keras: { makesMask: ({ mask_value: value = 0 }) => ({ value, perStep: true }) },
  summarize: ({ maskValue }) => `skips ${String(maskValue)}`,
  check: (_, [shape]) =>
    shape!.length >= 2
      ? null
      : `needs an input with features; received ${showShape(shape!)}. Connect a layer with features.`,
  emit: ({ builder, params, inputs }) => {
    const mask = stepsOtherThan(builder, inputs[0]!, numberOf(params['maskValue']));
    return { output: whereMasked(builder, mask, inputs[0]!, 0), mask };
  },
};
