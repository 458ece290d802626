import { keptMask, rateParameter } from './dropout-rate.ts';
import type { LayerDefinition } from './layer.ts';
import { numberOf } from './parameters.ts';
import { imageProblem, sequenceProblem } from './sequences.ts';

function definition(axes: 1 | 2): LayerDefinition {
  return {
    kind: `SpatialDropout${axes}D`,
    family: 'regularization',
    description: 'While training, sets random whole channels to zero.',
    formula: 'x · channel mask / (1 - rate)',
    inputs: { min: 1, max: 1 },
    mask: 'keep',
    parameters: [rateParameter('Part of the channels that becomes zero; the others are scaled up.')],
    summarize: ({ rate }) => String(rate),
    check: (_, [shape]) => (axes === 1 ? sequenceProblem(shape!) : imageProblem(shape!)),
    emit: ({ builder, params, inputs, training, randomKey, step }) => {
      const x = inputs[0]!;
      const rate = numberOf(params['rate']);
      if (!training || step === null || rate === 0) return x;
      const between = new Array<number>(axes).fill(1);
      const onePerChannel = builder.slice(x, [0, ...between.map(() => 0), 0], [-1, ...between, -1]);
      const kept = keptMask(builder, onePerChannel, step, randomKey('mask'), rate);
      return builder.multiply(x, builder.multiply(kept, builder.scalar(1 / (1 - rate))));
    },
  };
}

export const spatialDropout1d = definition(1);
export const spatialDropout2d = definition(2);
