import { activationParameter, applyActivation } from '../../activations/named-activations.ts';
import { activationText } from '../../parameters/activation.ts';
import { showShape } from '../../../program/language/shape.ts';
import type { LayerDefinition } from '../../definition/layer.ts';

/** Activations over the last axis. */
const PER_ROW: ReadonlySet<unknown> = new Set<unknown>(['softmax', 'logSoftmax']);

export const activation: LayerDefinition = {
  kind: 'Activation',
  family: 'activation',
  otherNames: ['nonlinearity', 'transfer function', 'sigmoid', 'tanh', 'GELU', 'SELU', 'swish', 'SiLU', 'softplus'],
  description: 'Applies a function to each value.',
  formula: 'activation(x)',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [{ ...activationParameter('relu'), keras: 'required' }],
  summarize: (params) => activationText(params['activation']),
  check: (params, [shape]) =>
    !PER_ROW.has(params['activation']) || shape!.length >= 2
      ? null
      : `needs an input with features for ${String(params['activation'])}; received ${showShape(shape!)}. Choose another activation.`,
  emit: ({ builder, params, inputs }) => applyActivation(builder, params['activation'], inputs[0]!),
};
