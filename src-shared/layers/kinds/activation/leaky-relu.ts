import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { leakyRelu as emitLeakyRelu } from '../../activations/rectifiers.ts';

export const leakyRelu: LayerDefinition = {
  kind: 'LeakyReLU',
  family: 'activation',
  otherNames: ['leaky rectifier'],
  description: 'ReLU that lets a little of the negative values through, so that no unit dies.',
  formula: 'x, or negativeSlope · x where x < 0',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { activation: 'leakyRelu' },
  parameters: [
    {
      name: 'negativeSlope',
      label: 'Negative slope',
      help: 'Slope below zero.',
      default: 0.3,
      type: { kind: 'number', min: 0, max: 1e6, step: 0.05 },
    },
  ],
  summarize: ({ negativeSlope }) => String(negativeSlope),
  emit: ({ builder, params, inputs }) =>
    emitLeakyRelu(builder, inputs[0]!, builder.scalar(numberOf(params['negativeSlope']))),
};
