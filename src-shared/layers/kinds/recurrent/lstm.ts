import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { emitRecurrent } from './recurrent.ts';
import type { CellStep } from './recurrent.ts';
import { recurrentInKeras, recurrentParameters, recurrentSummary } from './recurrent-parameters.ts';
import { sequenceProblem } from '../../definition/sequences.ts';
import { trainedWeight } from '../../definition/weight-parameters.ts';

/** Columns are those of the input, forget, cell and output gates, as in Keras. */
function step({ b, z, states, product, activation, recurrentActivation }: CellStep): readonly ValueId[] {
  const [h, c] = states;
  const gates = b.add(z, product(h!, 0));
  const units = b.shapeOf(gates)[1]! / 4;
  const [input, forget, cell, output] = b.split(gates, [units, units, units, units], 1);
  const kept = b.multiply(recurrentActivation(forget!), c!);
  const next = b.add(kept, b.multiply(recurrentActivation(input!), activation(cell!)));
  return [b.multiply(recurrentActivation(output!), activation(next)), next];
}

function bias(context: LayerContext): ValueId | null {
  const { params, weight } = context;
  if (params['useBias'] !== true) return null;
  const units = numberOf(params['units']);
  const startAtOne = [units, 2 * units] as const;
  const asks = params['unitForgetBias'] === true ? { startAtOne } : {};
  return trainedWeight({ ...context, weight: (request) => weight({ ...request, ...asks }) }, 'bias', [4 * units]);
}

/** Source: S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997); forget gate of Gers et al. (2000). */
export const lstm: LayerDefinition = {
  kind: 'LSTM',
  family: 'recurrent',
  otherNames: ['long short-term memory'],
  description: 'Reads a sequence step by step; gates decide what its long memory keeps, takes in and gives out.',
  formula: 'c = forget · c + input · activation(cell), h = output · activation(c)',
  inputs: { min: 1, max: 1 },
  mask: 'use',
  parameters: recurrentParameters(true, 'tanh', [
    {
      name: 'unitForgetBias',
      label: 'Forget bias 1',
      help: 'Starts the forget gate open, so that memory lasts from the beginning.',
      default: true,
      type: { kind: 'boolean' },
      advanced: true,
    },
  ]),
  keras: recurrentInKeras,
  summarize: recurrentSummary,
  check: (_, [shape]) => sequenceProblem(shape!),
  emit: (context) =>
    emitRecurrent(context, {
      gates: 4,
      make: () => ({ groups: [4], states: 2, inputBias: bias(context), constants: [], step }),
    }),
};
