import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext } from '../../definition/layer.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import { trainedWeight, weightParameters } from '../../definition/weight-parameters.ts';

/** What normalizing layers share. */

export const epsilonParameter: ParameterSpec = {
  name: 'epsilon',
  label: 'Epsilon',
  help: 'Added to the variance, so that nothing is divided by zero.',
  default: 1e-3,
  type: { kind: 'number', min: 1e-12, max: 1, step: 1e-3 },
  advanced: true,
};

/** Center, scale and how they start. */
export const affineParameters: readonly ParameterSpec[] = [
  {
    name: 'center',
    label: 'Center',
    help: 'Adds a trained offset (beta).',
    default: true,
    type: { kind: 'boolean' },
    advanced: true,
  },
  {
    name: 'scale',
    label: 'Scale',
    help: 'Multiplies by a trained factor (gamma).',
    default: true,
    type: { kind: 'boolean' },
    advanced: true,
  },
  ...weightParameters('beta', 'Beta', 'zeros'),
  ...weightParameters('gamma', 'Gamma', 'ones'),
];

/** Mean and variance over axes of known size, axes kept. */
export function moments(
  b: ProgramBuilder,
  x: ValueId,
  axes: readonly number[],
): { centered: ValueId; variance: ValueId } {
  const centered = b.subtract(x, b.reduceMean(x, axes, true));
  return { centered, variance: b.reduceMean(b.plain('square', centered), axes, true) };
}

/** centered / √(variance + epsilon). */
export function standardized(b: ProgramBuilder, centered: ValueId, variance: ValueId, epsilon: number): ValueId {
  return b.divide(centered, b.plain('sqrt', b.add(variance, b.scalar(epsilon))));
}

/** A layer's gamma or beta; null where it has none. */
export function affineWeight(context: LayerContext, name: 'gamma' | 'beta', shape: readonly number[]): ValueId | null {
  return context.params[name === 'gamma' ? 'scale' : 'center'] === true ? trainedWeight(context, name, shape) : null;
}

/**
 * normalized · gamma + beta; gamma or beta is left out if the layer has none.
 * @param shape Of the weights.
 * @param broadcast The shape in which they meet the values.
 */
export function affine(
  context: LayerContext,
  normalized: ValueId,
  shape: readonly number[],
  broadcast: readonly number[],
): ValueId {
  const { builder } = context;
  const read = (name: 'gamma' | 'beta'): ValueId | null => {
    const value = affineWeight(context, name, shape);
    return value === null || shape.length === broadcast.length ? value : builder.reshape(value, broadcast);
  };
  const gamma = read('gamma');
  const scaled = gamma === null ? normalized : builder.multiply(normalized, gamma);
  const beta = read('beta');
  return beta === null ? scaled : builder.add(scaled, beta);
}
