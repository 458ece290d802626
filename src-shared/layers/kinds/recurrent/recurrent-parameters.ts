import { activationParameter } from '../../activations/named-activations.ts';
import type { ActivationName } from '../../activations/named-activations.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';
import { dropoutInKeras } from '../regularization/noise.ts';
import {
  activityRegularizer,
  biasParameters,
  kernelParameters,
  useBias,
  weightParameters,
} from '../../definition/weight-parameters.ts';

/** What SimpleRNN, LSTM and GRU have in common, with Keras's names and defaults. */

const units: ParameterSpec = {
  name: 'units',
  label: 'Units',
  help: 'How many values it remembers, and how many come out of a step.',
  default: 32,
  type: { kind: 'integer', min: 1, max: 100_000 },
  keras: 'required',
};

const returnSequences: ParameterSpec = {
  name: 'returnSequences',
  label: 'Return sequences',
  help: 'Gives what comes out of every step, for another recurrent layer; else of the last alone.',
  default: false,
  type: { kind: 'boolean' },
};

const goBackwards: ParameterSpec = {
  name: 'goBackwards',
  label: 'Go backwards',
  help: 'Reads the last step first; the sequence that comes out is then in that order too.',
  default: false,
  type: { kind: 'boolean' },
  advanced: true,
};

function dropoutParameter(name: string, label: string, help: string): ParameterSpec {
  const type = { kind: 'number', min: 0, max: 1, step: 0.05, exclusiveMax: true } as const;
  return { name, label, help, default: 0, type, advanced: true };
}

/** The activation of the gates. */
const recurrentActivation: ParameterSpec = {
  ...activationParameter('sigmoid'),
  name: 'recurrentActivation',
  label: 'Recurrent activation',
  help: 'Applied to the gates, which decide what is kept.',
  advanced: true,
};

/**
 * @param gated Whether the cell has gates with a recurrent activation.
 * @param own Further parameters of the layer.
 */
export function recurrentParameters(
  gated: boolean,
  activation: ActivationName,
  own: readonly ParameterSpec[] = [],
): readonly ParameterSpec[] {
  return [
    units,
    activationParameter(activation),
    returnSequences,
    ...(gated ? [recurrentActivation] : []),
    goBackwards,
    dropoutParameter(
      'dropout',
      'Dropout',
      'Part of the input values set to zero while training, the same in every step.',
    ),
    dropoutParameter(
      'recurrentDropout',
      'Recurrent dropout',
      'Part of the remembered values set to zero while training, the same in every step.',
    ),
    ...own,
    useBias,
    ...kernelParameters,
    ...weightParameters(
      'recurrent',
      'Recurrent kernel',
      'orthogonal',
      'How the products with what is remembered start.',
    ),
    ...biasParameters,
    // Keras's SimpleRNN takes one too, and counts nothing.
    ...(gated ? [activityRegularizer] : []),
  ];
}

/** '64, all steps'. */
export function recurrentSummary({ units, returnSequences }: ParameterValues): string {
  return returnSequences === true ? `${String(units)}, all steps` : String(units);
}

export const recurrentInKeras = dropoutInKeras(['dropout', 'recurrentDropout']);
