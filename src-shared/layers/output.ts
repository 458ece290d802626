import type { LayerDefinition } from './layer.ts';

export const output: LayerDefinition = {
  kind: 'Output',
  family: 'output',
  description: 'Marks what the model predicts.',
  formula: 'x',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [],
  summarize: () => 'prediction',
  emit: ({ inputs }) => inputs[0]!,
};
