import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { emitRecurrent } from './recurrent.ts';
import { recurrentInKeras, recurrentParameters, recurrentSummary } from './recurrent-parameters.ts';
import { sequenceProblem } from '../../definition/sequences.ts';
import { trainedWeight } from '../../definition/weight-parameters.ts';

export const simpleRnn: LayerDefinition = {
  kind: 'SimpleRNN',
  family: 'recurrent',
  otherNames: ['recurrent', 'Elman network', 'vanilla RNN'],
  description: 'Reads a sequence step by step and feeds what came out back in.',
  formula: 'h = activation(x · kernel + h · recurrent_kernel + bias)',
  inputs: { min: 1, max: 1 },
  mask: 'use',
  parameters: recurrentParameters(false, 'tanh'),
  keras: recurrentInKeras,
  summarize: recurrentSummary,
  check: (_, [shape]) => sequenceProblem(shape!),
  emit: (context) =>
    emitRecurrent(context, {
      gates: 1,
      make: () => ({
        groups: [1],
        states: 1,
        inputBias: bias(context),
        constants: [],
        step: ({ b, z, states: [h], product, activation }) => [activation(b.add(z, product(h!, 0)))],
      }),
    }),
};

function bias(context: LayerContext): ValueId | null {
  const { params } = context;
  return params['useBias'] === true ? trainedWeight(context, 'bias', [numberOf(params['units'])]) : null;
}
