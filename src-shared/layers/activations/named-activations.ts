import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import { emitFormulaActivation, isFormulaActivation } from '../parameters/activation.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import { clampedRelu, elu, gelu, geluApproximate, leakyRelu } from './rectifiers.ts';

type Emit = (builder: ProgramBuilder, x: ValueId) => ValueId;

const activations = {
  linear: (_, x) => x,
  relu: (b, x) => b.plain('relu', x),
  relu6: (b, x) => clampedRelu(b, x, { maxValue: 6, negativeSlope: 0, threshold: 0 }),
  leakyRelu: (b, x) => leakyRelu(b, x, b.scalar(0.2)),
  elu: (b, x) => elu(b, x, 1),
  selu: (b, x) => b.plain('selu', x),
  gelu,
  geluApproximate,
  silu: (b, x) => b.multiply(x, b.plain('sigmoid', x)),
  mish: (b, x) => b.multiply(x, b.plain('tanh', b.plain('softplus', x))),
  softplus: (b, x) => b.plain('softplus', x),
  softsign: (b, x) => b.divide(x, b.add(b.plain('abs', x), b.scalar(1))),
  sigmoid: (b, x) => b.plain('sigmoid', x),
  hardSigmoid,
  hardSilu: (b, x) => b.multiply(x, hardSigmoid(b, x)),
  tanh: (b, x) => b.plain('tanh', x),
  exponential: (b, x) => b.plain('exp', x),
  step: (b, x) => b.cast(b.plain('greaterEqual', x, b.scalar(0)), 'float32'),
  softmax: (b, x) => b.plain('softmax', x),
  logSoftmax: (b, x) => b.plain('logSoftmax', x),
} satisfies Record<string, Emit>;

export type ActivationName = keyof typeof activations;

const labels: Readonly<Record<ActivationName, string>> = {
  linear: 'None (linear)',
  relu: 'ReLU',
  relu6: 'ReLU up to 6',
  leakyRelu: 'Leaky ReLU (slope 0.2)',
  elu: 'ELU',
  selu: 'SELU',
  gelu: 'GELU',
  geluApproximate: 'GELU, approximate',
  silu: 'SiLU (swish)',
  mish: 'Mish',
  softplus: 'Softplus',
  softsign: 'Softsign',
  sigmoid: 'Sigmoid',
  hardSigmoid: 'Hard sigmoid',
  hardSilu: 'Hard SiLU (hard swish)',
  tanh: 'Tanh',
  exponential: 'Exponential',
  step: 'Step (no gradient)',
  softmax: 'Softmax',
  logSoftmax: 'Log-softmax',
};

/** A line from 0 at -3 to 1 at 3. */
function hardSigmoid(b: ProgramBuilder, x: ValueId): ValueId {
  const risen = clampedRelu(b, b.add(x, b.scalar(3)), { maxValue: 6, negativeSlope: 0, threshold: 0 });
  return b.divide(risen, b.scalar(6));
}

/** Applies a checked activation, by name or formula; softmax and log-softmax are over the last axis. */
export function applyActivation(builder: ProgramBuilder, activation: unknown, x: ValueId): ValueId {
  if (isFormulaActivation(activation)) return emitFormulaActivation(builder, activation, x);
  const emit: Emit = activations[activation as ActivationName];
  return emit(builder, x);
}

/** The activation parameter of every layer that has one. */
export function activationParameter(defaultName: ActivationName): ParameterSpec {
  return {
    name: 'activation',
    label: 'Activation',
    help: 'Applied to each output value; softmax makes probabilities that sum to 1.',
    default: defaultName,
    type: { kind: 'activation', options: Object.entries(labels).map(([value, label]) => ({ value, label })) },
  };
}
