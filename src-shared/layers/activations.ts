import type { ProgramBuilder } from '../program/builder.ts';
import type { ValueId } from '../program/types.ts';
import type { ParameterSpec } from './layer.ts';

export type ActivationName = 'linear' | 'relu' | 'sigmoid' | 'tanh' | 'softmax';

const activations: Readonly<Record<ActivationName, (builder: ProgramBuilder, x: ValueId) => ValueId>> = {
  linear: (_, x) => x,
  relu: (builder, x) => builder.plain('relu', x),
  sigmoid: (builder, x) => builder.plain('sigmoid', x),
  tanh: (builder, x) => builder.plain('tanh', x),
  softmax: (builder, x) => builder.plain('softmax', x),
};

/** Applies an activation by its checked name; softmax is over the last axis. */
export function applyActivation(builder: ProgramBuilder, name: unknown, x: ValueId): ValueId {
  return activations[name as ActivationName](builder, x);
}

/** The activation parameter of Dense, Conv2D and Activation. */
export function activationParameter(defaultName: ActivationName): ParameterSpec {
  return {
    name: 'activation',
    label: 'Activation',
    help: 'Applied to each output value; softmax makes probabilities that sum to 1.',
    default: defaultName,
    type: {
      kind: 'choice',
      options: [
        { value: 'linear', label: 'None (linear)' },
        { value: 'relu', label: 'ReLU' },
        { value: 'sigmoid', label: 'Sigmoid' },
        { value: 'tanh', label: 'Tanh' },
        { value: 'softmax', label: 'Softmax' },
      ],
    },
  };
}
