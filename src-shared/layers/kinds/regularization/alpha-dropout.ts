import { keptMask, likeNoise, noiseShapeParameter, noiseShapeProblem, rateParameter } from './dropout-rate.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { monteCarloParameter, noiseInKeras, noiseStep, noiseSummary } from './noise.ts';
import { numberOf } from '../../parameters/number.ts';
import { SELU_ALPHA, SELU_SCALE } from '../../../program/language/selu.ts';

/** What SELU makes of minus infinity. */
const LOWEST = -SELU_ALPHA * SELU_SCALE;

export const alphaDropout: LayerDefinition = {
  kind: 'AlphaDropout',
  family: 'regularization',
  description: 'Dropout for SELU: keeps mean and variance while training.',
  formula: 'a · (x · mask + α · (1 - mask)) + b',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { linear: 'map', drops: true },
  parameters: [
    rateParameter("Part of the values that becomes SELU's lowest value."),
    noiseShapeParameter,
    monteCarloParameter,
  ],
  keras: noiseInKeras('rate'),
  summarize: (params) => noiseSummary(params['rate'], params),
  check: ({ noiseShape }, [shape]) => noiseShapeProblem(noiseShape, shape!),
  emit: (context) => {
    const { builder: b, params, inputs, randomKey } = context;
    const step = noiseStep(context);
    const x = inputs[0]!;
    const rate = numberOf(params['rate']);
    if (step === null || rate === 0) return x;
    const kept = keptMask(b, likeNoise(b, x, params['noiseShape']), step, randomKey('mask'), rate);
    const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * LOWEST ** 2));
    const shift = -scale * LOWEST * rate;
    const dropped = b.multiply(b.subtract(b.scalar(1), kept), b.scalar(LOWEST));
    return b.add(b.multiply(b.add(b.multiply(x, kept), dropped), b.scalar(scale)), b.scalar(shift));
  },
};
