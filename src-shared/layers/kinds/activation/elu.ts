import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { elu as emitElu } from '../../activations/rectifiers.ts';

export const elu: LayerDefinition = {
  kind: 'ELU',
  family: 'activation',
  description: 'Like ReLU, but smooth, with negative values down to -alpha.',
  formula: 'x, or alpha · (exp(x) - 1) where x < 0',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { activation: 'elu' },
  parameters: [
    {
      name: 'alpha',
      label: 'Alpha',
      help: 'How far negative values go.',
      default: 1,
      type: { kind: 'number', min: 0, max: 1e6, step: 0.1 },
    },
  ],
  summarize: ({ alpha }) => String(alpha),
  emit: ({ builder, params, inputs }) => emitElu(builder, inputs[0]!, numberOf(params['alpha'])),
};
