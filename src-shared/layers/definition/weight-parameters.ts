import type { JsonValue } from '../../document/schema/model-document.ts';
import type { ValueId } from '../../program/language/types.ts';
import type { Initializer, InitializerName } from '../weights/initializer.ts';
import type { Constraint } from '../weights/constraint.ts';
import type { LayerContext } from './layer.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import type { Regularizer } from '../weights/regularizer.ts';

/**
 * What layers say about their weights: one line of parameters and one line of `emit` a weight,
 * `...weightParameters('alpha', 'Alpha', 'zeros')` and `trainedWeight(context, 'alpha', shape)`.
 */

export const useBias: ParameterSpec = {
  name: 'useBias',
  label: 'Bias',
  help: 'Adds a trained number to each output.',
  default: true,
  type: { kind: 'boolean' },
  advanced: true,
};

/** A weight's initializer, under "Advanced". */
export function initializerParameter(
  name: string,
  label: string,
  defaultValue: InitializerName,
  help = 'How it starts.',
): ParameterSpec {
  return { name, label, help, default: defaultValue, type: { kind: 'initializer' }, advanced: true };
}

function regularizerParameter(name: string, label: string): ParameterSpec {
  const help = 'A penalty on its values, added to the loss.';
  return { name, label, help, default: null, type: { kind: 'regularizer' }, advanced: true };
}

function constraintParameter(name: string, label: string): ParameterSpec {
  const help = 'What its values are held to after each step.';
  return { name, label, help, default: null, type: { kind: 'constraint' }, advanced: true };
}

/**
 * Initializer, regularizer and constraint of a weight that trains, under "Advanced".
 * @param prefix Keras's: 'kernel' for `kernelInitializer` and so on.
 * @param label 'Kernel'.
 */
export function weightParameters(
  prefix: string,
  label: string,
  initializer: InitializerName,
  help?: string,
): readonly ParameterSpec[] {
  return [
    initializerParameter(`${prefix}Initializer`, `${label} initializer`, initializer, help),
    regularizerParameter(`${prefix}Regularizer`, `${label} regularizer`),
    constraintParameter(`${prefix}Constraint`, `${label} constraint`),
  ];
}

export const kernelParameters = weightParameters(
  'kernel',
  'Kernel',
  'glorotUniform',
  'How the kernel starts: Glorot suits tanh, sigmoid and softmax, He suits ReLU, LeCun suits SELU.',
);

export const biasParameters = weightParameters('bias', 'Bias', 'zeros', 'How the bias starts.');

/** A penalty on what comes out of a layer; `regularizedActivity` applies it. */
export const activityRegularizer: ParameterSpec = {
  name: 'activityRegularizer',
  label: 'Activity regularizer',
  help: 'A penalty on what comes out, the mean over the batch, added to the loss.',
  default: null,
  type: { kind: 'regularizer' },
  advanced: true,
};

/**
 * A weight that trains, with initializer, regularizer and constraint as the layer's parameters say.
 * @param name As Keras calls the weight: 'recurrent_kernel'.
 * @param prefix Of its parameters: 'recurrent'.
 */
export function trainedWeight(
  { params, weight }: LayerContext,
  name: string,
  shape: readonly number[],
  prefix: string = name,
): ValueId {
  return weight({
    name,
    shape,
    initializer: initializerOf(params[`${prefix}Initializer`]),
    regularizer: regularizerOf(params[`${prefix}Regularizer`]),
    constraint: (params[`${prefix}Constraint`] ?? null) as Constraint | null,
    trainable: true,
  });
}

/** The layer's output, after its penalty is counted. */
export function regularizedActivity({ params, penalize }: LayerContext, output: ValueId): ValueId {
  const regularizer = regularizerOf(params['activityRegularizer']);
  if (regularizer !== null) penalize(regularizer, output);
  return output;
}

/** A checked initializer parameter. */
export function initializerOf(value: JsonValue | undefined): Initializer {
  return value as Initializer;
}

/** A checked regularizer parameter. */
export function regularizerOf(value: JsonValue | undefined): Regularizer | null {
  return (value ?? null) as Regularizer | null;
}
