import type { LayerDefinition } from '../../definition/layer.ts';
import { summarizeNames } from '../../parameters/columns.ts';

export const output: LayerDefinition = {
  kind: 'Output',
  family: 'output',
  otherNames: ['target', 'prediction', 'head'],
  description: 'Marks what the model predicts.',
  formula: 'x',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [
    {
      name: 'targets',
      label: 'Targets',
      help: 'Targets of the data set that are predicted here: one of classes, several of two classes, or numbers; empty: the first.',
      default: [],
      type: { kind: 'columns', of: 'targets' },
      keras: 'none',
    },
    {
      name: 'reproduces',
      label: 'Reproduces',
      help: 'Input whose values are to come out here again, in place of targets: an autoencoder; empty: none.',
      default: '',
      type: { kind: 'inputName' },
      keras: 'none',
    },
  ],
  summarize: ({ targets, reproduces }) => {
    if (typeof reproduces === 'string' && reproduces !== '') return `as ${reproduces}`;
    return Array.isArray(targets) && targets.length > 0 ? summarizeNames(targets) : 'prediction';
  },
  emit: ({ inputs }) => inputs[0]!,
};
