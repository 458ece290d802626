import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { emitRecurrent } from './recurrent.ts';
import type { Cell, CellStep } from './recurrent.ts';
import { recurrentInKeras, recurrentParameters, recurrentSummary } from './recurrent-parameters.ts';
import { sequenceProblem } from '../../definition/sequences.ts';
import { trainedWeight } from '../../definition/weight-parameters.ts';

/** z · h + (1 - z) · candidate. */
function mixed({ b }: CellStep, update: ValueId, h: ValueId, candidate: ValueId): ValueId {
  return b.add(b.multiply(update, h), b.multiply(b.subtract(b.scalar(1), update), candidate));
}

/** The reset gate after the product: what cuDNN and Keras's default compute. */
function resetAfterStep(call: CellStep): readonly ValueId[] {
  const { b, z, states, constants, product, activation, recurrentActivation } = call;
  const h = states[0]!;
  const units = b.shapeOf(h)[1]!;
  const columns = [2 * units, units];
  const [gates, candidate] = b.split(z, columns, 1);
  const [recurrentGates, recurrentCandidate] = b.split(product(h, 0), columns, 1);
  const opened = recurrentActivation(b.add(gates!, recurrentGates!));
  const [update, reset] = b.split(opened, [units, units], 1);
  const biased = constants.length === 0 ? recurrentCandidate! : b.add(recurrentCandidate!, constants[0]!);
  return [mixed(call, update!, h, activation(b.add(candidate!, b.multiply(reset!, biased))))];
}

/** The reset gate before the product: the first published version. */
function resetBeforeStep(call: CellStep): readonly ValueId[] {
  const { b, z, states, product, activation, recurrentActivation } = call;
  const h = states[0]!;
  const units = b.shapeOf(h)[1]!;
  const [gates, candidate] = b.split(z, [2 * units, units], 1);
  const opened = recurrentActivation(b.add(gates!, product(h, 0)));
  const [update, reset] = b.split(opened, [units, units], 1);
  return [mixed(call, update!, h, activation(b.add(candidate!, product(b.multiply(reset!, h), 1))))];
}

/** Keras keeps two biases where the reset gate comes after: of the input's product and of the memory's. */
function biases(context: LayerContext, resetAfter: boolean): Pick<Cell, 'inputBias' | 'constants'> {
  const { builder: b, params } = context;
  const units = numberOf(params['units']);
  if (params['useBias'] !== true) return { inputBias: null, constants: [] };
  if (!resetAfter) return { inputBias: trainedWeight(context, 'bias', [3 * units]), constants: [] };
  const both = trainedWeight(context, 'bias', [2, 3 * units]);
  const row = (index: number, size: number, start = 0): ValueId =>
    b.reshape(b.slice(both, [index, start], [1, size]), [size]);
  // The gates' memory bias may as well be added with the input's; the candidate's is behind the reset gate.
  const ofGates = b.pad(row(1, 2 * units), [0], [units]);
  return { inputBias: b.add(row(0, 3 * units), ofGates), constants: [row(1, units, 2 * units)] };
}

/** Source: K. Cho et al., arXiv:1406.1078 (2014). */
export const gru: LayerDefinition = {
  kind: 'GRU',
  family: 'recurrent',
  otherNames: ['gated recurrent unit'],
  description: 'Reads a sequence step by step with two gates; smaller than an LSTM and often as good.',
  formula: 'h = update · h + (1 - update) · activation(x · kernel + reset · (h · recurrent_kernel))',
  inputs: { min: 1, max: 1 },
  mask: 'use',
  parameters: recurrentParameters(true, 'tanh', [
    {
      name: 'resetAfter',
      label: 'Reset after product',
      help: 'The reset gate is applied after the product with the state (Keras, cuDNN) or before it.',
      default: true,
      type: { kind: 'boolean' },
      advanced: true,
    },
  ]),
  keras: recurrentInKeras,
  summarize: recurrentSummary,
  check: (_, [shape]) => sequenceProblem(shape!),
  emit: (context) => {
    const resetAfter = context.params['resetAfter'] === true;
    return emitRecurrent(context, {
      gates: 3,
      make: () => ({
        groups: resetAfter ? [3] : [2, 1],
        states: 1,
        ...biases(context, resetAfter),
        step: resetAfter ? resetAfterStep : resetBeforeStep,
      }),
    });
  },
};
