import { axisOf, axisParameter, axesProblem } from '../../definition/axes.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';

export const softmax: LayerDefinition = {
  kind: 'Softmax',
  family: 'activation',
  otherNames: ['probabilities'],
  description: 'Turns values into probabilities that sum to 1.',
  formula: 'exp(x) / Σ exp(x)',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { activation: 'softmax' },
  parameters: [axisParameter('The axis along which the probabilities sum to 1.')],
  summarize: () => '',
  check: ({ axis }, [shape]) => axesProblem([numberOf(axis)], shape!),
  emit: ({ builder, params, inputs, inputShapes }) => {
    const shape = inputShapes[0]!;
    const axis = axisOf(numberOf(params['axis']), shape);
    const last = shape.length - 1;
    if (axis === last) return builder.plain('softmax', inputs[0]!);
    // Exchanging two axes is its own inverse.
    const exchanged = shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    return builder.transpose(builder.plain('softmax', builder.transpose(inputs[0]!, exchanged)), exchanged);
  },
};
