import type { LayerDefinition } from './layer.ts';

export const input: LayerDefinition = {
  kind: 'Input',
  family: 'input',
  description: 'Where examples enter the model.',
  formula: 'x',
  inputs: { min: 0, max: 0 },
  parameters: [
    {
      name: 'shape',
      label: 'Shape',
      help: 'Shape of one example, without the batch axis; empty: taken from the data set.',
      default: [],
      type: { kind: 'shape' },
    },
  ],
  summarize: ({ shape }) => (Array.isArray(shape) && shape.length > 0 ? shape.map(String).join(' × ') : 'from data'),
  emit: ({ inputs }) => inputs[0]!,
};
