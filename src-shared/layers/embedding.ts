import type { LayerDefinition } from './layer.ts';
import { numberOf } from './parameters.ts';
import { initializerOf, initializerParameter } from './weight-parameters.ts';

export const embedding: LayerDefinition = {
  kind: 'Embedding',
  family: 'core',
  description: 'Looks up a trained row for each whole number.',
  formula: 'embeddings[x]',
  inputs: { min: 1, max: 1 },
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
    initializerParameter('embeddingsInitializer', 'Embeddings initializer', 'randomUniform'),
  ],
  summarize: ({ inputDim, outputDim }) => `${String(inputDim)} → ${String(outputDim)}`,
  emit: ({ builder, params, inputs, weight }) => {
    const embeddings = weight({
      name: 'embeddings',
      shape: [numberOf(params['inputDim']), numberOf(params['outputDim'])],
      initializer: initializerOf(params['embeddingsInitializer']),
      trainable: true,
    });
    return builder.gather(embeddings, builder.cast(inputs[0]!, 'int32'), 0);
  },
};
