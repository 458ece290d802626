import type { LayerDefinition } from '../../definition/layer.ts';
import { summarizeNames } from '../../parameters/columns.ts';

export const input: LayerDefinition = {
  kind: 'Input',
  family: 'input',
  otherNames: ['features', 'source'],
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
    {
      name: 'columns',
      label: 'Columns',
      help: 'Features of the data set that enter here, in this order; empty: all of them.',
      default: [],
      type: { kind: 'columns', of: 'features' },
      keras: 'none',
    },
  ],
  summarize: ({ shape, columns }) => {
    if (Array.isArray(columns) && columns.length > 0) return summarizeNames(columns);
    return Array.isArray(shape) && shape.length > 0 ? shape.map(String).join(' × ') : 'from data';
  },
  emit: ({ inputs }) => inputs[0]!,
};
