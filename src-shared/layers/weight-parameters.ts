import type { JsonValue } from '../document/model-document.ts';
import type { InitializerName, ParameterSpec } from './layer.ts';

/** Parameters that Dense and convolutions share. */

const options: readonly { value: InitializerName; label: string }[] = [
  { value: 'glorotUniform', label: 'Glorot uniform' },
  { value: 'glorotNormal', label: 'Glorot normal' },
  { value: 'heUniform', label: 'He uniform' },
  { value: 'heNormal', label: 'He normal' },
  { value: 'zeros', label: 'Zeros' },
  { value: 'ones', label: 'Ones' },
];

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
  help: 'How the kernel starts: Glorot suits tanh, sigmoid and softmax, He suits ReLU.',
  default: 'glorotUniform',
  type: { kind: 'choice', options },
  advanced: true,
};

export const biasInitializer: ParameterSpec = {
  name: 'biasInitializer',
  label: 'Bias initializer',
  help: 'How the bias starts.',
  default: 'zeros',
  type: { kind: 'choice', options },
  advanced: true,
};

/** A checked initializer parameter. */
export function initializerOf(value: JsonValue | undefined): InitializerName {
  return value as InitializerName;
}
