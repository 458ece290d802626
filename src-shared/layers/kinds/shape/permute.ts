import { showShape } from '../../../program/language/shape.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { integersOf } from '../../parameters/number-list.ts';

export const permute: LayerDefinition = {
  kind: 'Permute',
  family: 'core',
  otherNames: ['transpose', 'swap axes'],
  description: 'Puts the axes of each example in another order.',
  formula: '[batch, a, b] → [batch, b, a]',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'map', rearranges: 'order' },
  parameters: [
    {
      name: 'dims',
      label: 'Axes',
      help: 'The axes in their new order, counted from 1; the batch axis stays.',
      default: [2, 1],
      type: { kind: 'integers', min: 1, max: 8, minLength: 1, maxLength: 4 },
      keras: 'required',
    },
  ],
  summarize: ({ dims }) => integersOf(dims).join(', '),
  check: ({ dims }, [shape]) => {
    const order = integersOf(dims);
    const sorted = [...order].sort((a, b) => a - b);
    if (order.length === shape!.length - 1 && sorted.every((axis, i) => axis === i + 1)) return null;
    return `needs each axis from 1 to ${shape!.length - 1} of ${showShape(shape!)} once; received ${order.join(', ')}. Name them all.`;
  },
  emit: ({ builder, params, inputs }) => builder.transpose(inputs[0]!, [0, ...integersOf(params['dims'])]),
};
