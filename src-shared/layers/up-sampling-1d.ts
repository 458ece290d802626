import type { LayerDefinition } from './layer.ts';
import { numberOf } from './parameters.ts';
import { repeatElements } from './repeat.ts';
import { sequenceProblem } from './sequences.ts';

export const upSampling1d: LayerDefinition = {
  kind: 'UpSampling1D',
  family: 'core',
  description: 'Repeats each step of a sequence.',
  formula: '[batch, steps, c] → [batch, size · steps, c]',
  inputs: { min: 1, max: 1 },
  parameters: [
    {
      name: 'size',
      label: 'Size',
      help: 'How often each step is repeated.',
      default: 2,
      type: { kind: 'integer', min: 1, max: 10_000 },
    },
  ],
  summarize: ({ size }) => `${String(size)} ×`,
  check: (_, [shape]) => sequenceProblem(shape!),
  emit: ({ builder, params, inputs }) => repeatElements(builder, inputs[0]!, 1, numberOf(params['size'])),
};
