import { keptMask, likeNoise, noiseShapeParameter, noiseShapeProblem, rateParameter } from './dropout-rate.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { monteCarloParameter, noiseInKeras, noiseStep, noiseSummary } from './noise.ts';
import { numberOf } from '../../parameters/number.ts';

export const dropout: LayerDefinition = {
  kind: 'Dropout',
  family: 'regularization',
  description: 'While training, sets a random part of the values to zero.',
  formula: 'x · mask / (1 - rate)',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { linear: 'map', drops: true, afterSelu: 'AlphaDropout' },
  parameters: [
    rateParameter('Part of the values that becomes zero; the others are scaled up, so the sum stays.'),
    noiseShapeParameter,
    monteCarloParameter,
  ],
  keras: noiseInKeras('rate'),
  summarize: (params) => noiseSummary(params['rate'], params),
  check: ({ noiseShape }, [shape]) => noiseShapeProblem(noiseShape, shape!),
  emit: (context) => {
    const { builder, params, inputs, randomKey } = context;
    const step = noiseStep(context);
    const x = inputs[0]!;
    const rate = numberOf(params['rate']);
    if (step === null || rate === 0) return x;
    const kept = keptMask(builder, likeNoise(builder, x, params['noiseShape']), step, randomKey('mask'), rate);
    // One factor for mask and scale: the gradient is then a single product.
    return builder.multiply(x, builder.multiply(kept, builder.scalar(1 / (1 - rate))));
  },
};
