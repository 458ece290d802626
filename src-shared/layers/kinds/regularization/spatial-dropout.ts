import { keptMask, rateParameter } from './dropout-rate.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { monteCarloParameter, noiseInKeras, noiseStep, noiseSummary } from './noise.ts';
import { numberOf } from '../../parameters/number.ts';
import { examplesProblem } from '../../definition/sequences.ts';
import type { WindowAxes } from '../../definition/sequences.ts';

function definition(axes: WindowAxes): LayerDefinition {
  return {
    kind: `SpatialDropout${axes}D`,
    family: 'regularization',
    otherNames: ['channel dropout'],
    description: 'While training, sets random whole channels to zero.',
    formula: 'x · channel mask / (1 - rate)',
    inputs: { min: 1, max: 1 },
    mask: 'keep',
    traits: { linear: 'map', drops: true },
    parameters: [
      rateParameter('Part of the channels that becomes zero; the others are scaled up.'),
      monteCarloParameter,
    ],
    keras: noiseInKeras('rate'),
    summarize: (params) => noiseSummary(params['rate'], params),
    check: (_, [shape]) => examplesProblem(axes, shape!),
    emit: (context) => {
      const { builder, params, inputs, randomKey } = context;
      const step = noiseStep(context);
      const x = inputs[0]!;
      const rate = numberOf(params['rate']);
      if (step === null || rate === 0) return x;
      const between = new Array<number>(axes).fill(1);
      const onePerChannel = builder.slice(x, [0, ...between.map(() => 0), 0], [-1, ...between, -1]);
      const kept = keptMask(builder, onePerChannel, step, randomKey('mask'), rate);
      return builder.multiply(x, builder.multiply(kept, builder.scalar(1 / (1 - rate))));
    },
  };
}

/** Dropout of whole channels of sequences, images and volumes. */
export const spatialDropout: readonly LayerDefinition[] = [definition(1), definition(2), definition(3)];
