import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';

export const rescaling: LayerDefinition = {
  kind: 'Rescaling',
  family: 'core',
  otherNames: ['scale', 'normalize pixels'],
  description: 'Multiplies values by a number and adds another.',
  formula: 'x · scale + offset',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { linear: 'map' },
  parameters: [
    {
      name: 'scale',
      label: 'Scale',
      help: 'Multiplies each value; 1/255 brings bytes to 0 … 1.',
      default: 1 / 255,
      type: { kind: 'number', min: -1e9, max: 1e9, step: 0.1 },
      keras: 'required',
    },
    {
      name: 'offset',
      label: 'Offset',
      help: 'Added to each value after.',
      default: 0,
      type: { kind: 'number', min: -1e9, max: 1e9, step: 0.1 },
      keras: 'required',
    },
  ],
  summarize: ({ scale, offset }) =>
    `· ${Number(numberOf(scale).toPrecision(3))}${offset === 0 ? '' : ` + ${Number(numberOf(offset).toPrecision(3))}`}`,
  emit: ({ builder, params, inputs }) => {
    const scaled = builder.multiply(inputs[0]!, builder.scalar(numberOf(params['scale'])));
    const offset = numberOf(params['offset']);
    return offset === 0 ? scaled : builder.add(scaled, builder.scalar(offset));
  },
};
