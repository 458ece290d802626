import type { ValueId } from '../program/types.ts';
import type { LayerDefinition } from './layer.ts';
import { numberOf } from './parameters.ts';
import { activityRegularizer, regularizedActivity, trainedWeight, weightParameters } from './weight-parameters.ts';

export const embedding: LayerDefinition = {
  kind: 'Embedding',
  family: 'core',
  description: 'Looks up a trained row for each whole number.',
  formula: 'embeddings[x]',
  inputs: { min: 1, max: 1 },
  mask: 'use',
  parameters: [
    {
      name: 'inputDim',
      label: 'Input size',
      help: 'How many different numbers there are: 0 up to this one less 1.',
      default: 1000,
      type: { kind: 'integer', min: 1, max: 100_000_000 },
    },
    {
      name: 'outputDim',
      label: 'Output size',
      help: 'Length of a row.',
      default: 16,
      type: { kind: 'integer', min: 1, max: 1_000_000 },
    },
    {
      name: 'maskZero',
      label: 'Mask zeros',
      help: 'Number 0 is padding: recurrent layers and attention after this skip it.',
      default: false,
      type: { kind: 'boolean' },
    },
    ...weightParameters('embeddings', 'Embeddings', 'randomUniform'),
    activityRegularizer,
  ],
  summarize: ({ inputDim, outputDim, maskZero }) =>
    `${String(inputDim)} → ${String(outputDim)}${maskZero === true ? ', masked' : ''}`,
  emit: (context) => {
    const { builder, params, inputs } = context;
    const shape = [numberOf(params['inputDim']), numberOf(params['outputDim'])];
    const embeddings = trainedWeight(context, 'embeddings', shape);
    const x = inputs[0]!;
    const isZero = (): ValueId => builder.plain('equal', builder.cast(x, 'float32'), builder.scalar(0));
    return {
      output: regularizedActivity(context, builder.gather(embeddings, builder.cast(x, 'int32'), 0)),
      mask: params['maskZero'] === true ? builder.plain('logicalNot', isZero()) : null,
    };
  },
};
