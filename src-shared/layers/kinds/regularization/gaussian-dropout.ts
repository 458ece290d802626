import { rateParameter } from './dropout-rate.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { normalNoise } from './normal-noise.ts';
import { monteCarloParameter, noiseInKeras, noiseStep, noiseSummary } from './noise.ts';
import { numberOf } from '../../parameters/number.ts';

export const gaussianDropout: LayerDefinition = {
  kind: 'GaussianDropout',
  family: 'regularization',
  description: 'While training, multiplies by normal noise around 1.',
  formula: 'x · noise, with variance rate / (1 - rate)',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { linear: 'map', drops: true },
  parameters: [rateParameter('As for Dropout: the noise has the same variance.'), monteCarloParameter],
  keras: noiseInKeras('rate'),
  summarize: (params) => noiseSummary(params['rate'], params),
  emit: (context) => {
    const { builder, params, inputs } = context;
    const step = noiseStep(context);
    const x = inputs[0]!;
    const rate = numberOf(params['rate']);
    if (step === null || rate === 0) return x;
    const noise = builder.multiply(normalNoise(context, x, step), builder.scalar(Math.sqrt(rate / (1 - rate))));
    return builder.multiply(x, builder.add(noise, builder.scalar(1)));
  },
};
