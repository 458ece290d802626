import type { LayerDefinition } from '../../definition/layer.ts';
import { normalNoise } from './normal-noise.ts';
import { monteCarloParameter, noiseInKeras, noiseStep, noiseSummary } from './noise.ts';
import { numberOf } from '../../parameters/number.ts';

export const gaussianNoise: LayerDefinition = {
  kind: 'GaussianNoise',
  family: 'regularization',
  otherNames: ['noise'],
  description: 'While training, adds normal noise.',
  formula: 'x + noise',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { linear: 'map' },
  parameters: [
    {
      name: 'stddev',
      label: 'Standard deviation',
      help: 'How large the noise is.',
      default: 0.1,
      type: { kind: 'number', min: 0, max: 1e6, step: 0.05 },
      keras: 'required',
    },
    monteCarloParameter,
  ],
  keras: noiseInKeras('stddev'),
  summarize: (params) => noiseSummary(params['stddev'], params),
  emit: (context) => {
    const { builder, params, inputs } = context;
    const step = noiseStep(context);
    const x = inputs[0]!;
    const deviation = numberOf(params['stddev']);
    if (step === null || deviation === 0) return x;
    return builder.add(x, builder.multiply(normalNoise(context, x, step), builder.scalar(deviation)));
  },
};
