import { elementCount } from '../../../program/language/shape.ts';
import type { LayerDefinition } from '../../definition/layer.ts';

export const flatten: LayerDefinition = {
  kind: 'Flatten',
  family: 'core',
  otherNames: ['vectorize', 'unroll'],
  description: 'Lays the values of each example in one row.',
  formula: '[batch, h, w, c] → [batch, h · w · c]',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'map', rearranges: 'shape' },
  parameters: [],
  summarize: () => '',
  emit: ({ builder, inputs, inputShapes }) => {
    const shape = inputShapes[0]!;
    return shape.length === 2 ? inputs[0]! : builder.reshape(inputs[0]!, [null, elementCount(shape)]);
  },
};
