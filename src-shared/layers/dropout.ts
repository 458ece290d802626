import { keptMask, rateParameter } from './dropout-rate.ts';
import type { LayerDefinition } from './layer.ts';
import { numberOf } from './parameters.ts';

export const dropout: LayerDefinition = {
  kind: 'Dropout',
  family: 'regularization',
  description: 'While training, sets a random part of the values to zero.',
  formula: 'x · mask / (1 - rate)',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [rateParameter('Part of the values that becomes zero; the others are scaled up, so the sum stays.')],
  summarize: ({ rate }) => String(rate),
  emit: ({ builder, params, inputs, training, randomKey, step }) => {
    const x = inputs[0]!;
    const rate = numberOf(params['rate']);
    if (!training || step === null || rate === 0) return x;
    const kept = keptMask(builder, x, step, randomKey('mask'), rate);
    // One factor for mask and scale: the gradient is then a single product.
    return builder.multiply(x, builder.multiply(kept, builder.scalar(1 / (1 - rate))));
  },
};
