import type { JsonValue } from '../document/model-document.ts';
import type { Initializer, InitializerName } from './initializer.ts';
import type { ParameterSpec } from './layer.ts';

/** Parameters that Dense and convolutions share. */

export const useBias: ParameterSpec = {
  name: 'useBias',
  label: 'Bias',
  help: 'Adds a trained number to each output.',
  default: true,
  type: { kind: 'boolean' },
  advanced: true,
};

export const kernelInitializer: ParameterSpec = {
  name: 'kernelInitializer',
  label: 'Kernel initializer',
  help: 'How the kernel starts: Glorot suits tanh, sigmoid and softmax, He suits ReLU, LeCun suits SELU.',
  default: 'glorotUniform',
  type: { kind: 'initializer' },
  advanced: true,
};

export const biasInitializer: ParameterSpec = {
  name: 'biasInitializer',
  label: 'Bias initializer',
  help: 'How the bias starts.',
  default: 'zeros',
  type: { kind: 'initializer' },
  advanced: true,
};

/** Another weight's initializer, under "Advanced". */
export function initializerParameter(name: string, label: string, defaultValue: InitializerName): ParameterSpec {
  return { name, label, help: 'How it starts.', default: defaultValue, type: { kind: 'initializer' }, advanced: true };
}

/** A checked initializer parameter. */
export function initializerOf(value: JsonValue | undefined): Initializer {
  return value as Initializer;
}
