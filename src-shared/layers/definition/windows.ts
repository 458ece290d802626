import type { JsonValue } from '../../document/schema/model-document.ts';
import { showShape } from '../../program/language/shape.ts';
import type { Shape } from '../../program/language/types.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import { windowWords } from './sequences.ts';
import type { WindowAxes } from './sequences.ts';

/** What convolution and pooling share. */

export const paddingParameter: ParameterSpec = {
  name: 'padding',
  label: 'Padding',
  help: 'Valid stays inside what comes in, so it shrinks; same adds a border so that strides alone decide the size.',
  default: 'valid',
  type: {
    kind: 'choice',
    options: [
      { value: 'valid', label: 'Valid' },
      { value: 'same', label: 'Same' },
    ],
  },
};

/** For sequences, which have a before and an after. */
export const causalPaddingParameter: ParameterSpec = {
  ...paddingParameter,
  help: 'Valid stays inside the sequence, so it shrinks; same adds a border so that strides alone decide the length; causal adds it all before, so that no step sees a later one.',
  type: {
    kind: 'choice',
    options: [
      { value: 'valid', label: 'Valid' },
      { value: 'same', label: 'Same' },
      { value: 'causal', label: 'Causal' },
    ],
  },
};

/** A checked padding parameter. */
export function paddingOf(value: JsonValue | undefined): 'same' | 'valid' {
  return value === 'same' ? 'same' : 'valid';
}

/** One size along a sequence, or one for each axis of images and volumes. */
export function sizeType(axes: WindowAxes, max: number, emptyMeans?: string): ParameterSpec['type'] {
  const limits = { min: 1, max, ...(emptyMeans === undefined ? {} : { emptyMeans }) };
  return axes === 1 ? { kind: 'integer', ...limits } : { kind: 'sizes', axes, ...limits };
}

/**
 * Null, or why a window does not fit into examples of this shape.
 * @param padded True where padding makes room for any window.
 */
export function windowProblem(what: string, window: readonly number[], padded: boolean, shape: Shape): string | null {
  if (padded || window.every((size, axis) => size <= shape[axis + 1]!)) return null;
  const axes = window.length as WindowAxes;
  const least = axes === 1 ? 'long' : 'large';
  return `needs ${windowWords[axes].examples} at least as ${least} as its ${what}, ${window.join(' × ')}; received ${showShape(shape)}. Make the ${what} smaller, or set Padding to Same.`;
}
