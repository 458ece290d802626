import { showShape } from '../../../program/language/shape.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { repeatElements } from './repeat.ts';

export const repeatVector: LayerDefinition = {
  kind: 'RepeatVector',
  family: 'core',
  otherNames: ['repeat', 'tile'],
  description: 'Repeats the row of each example, as a sequence.',
  formula: '[batch, features] → [batch, n, features]',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'map', rearranges: 'order' },
  parameters: [
    {
      name: 'n',
      label: 'Times',
      help: 'How often the row is repeated.',
      default: 2,
      type: { kind: 'integer', min: 1, max: 1_000_000 },
      keras: 'required',
    },
  ],
  summarize: ({ n }) => `${String(n)} ×`,
  check: (_, [shape]) =>
    shape!.length === 2
      ? null
      : `needs one row of features for each example; received ${showShape(shape!)}. Insert Flatten before it.`,
  emit: ({ builder, params, inputs, inputShapes }) => {
    const row = builder.reshape(inputs[0]!, [null, 1, inputShapes[0]![1]!]);
    return repeatElements(builder, row, 1, numberOf(params['n']));
  },
};
