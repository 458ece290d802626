import type { JsonValue } from '../document/model-document.ts';
import { formatShape } from '../program/shape.ts';
import type { Pair, Shape } from '../program/types.ts';
import type { ParameterSpec } from './layer.ts';
import { formatPair } from './parameters.ts';

/** What convolution and pooling share. */

export const paddingParameter: ParameterSpec = {
  name: 'padding',
  label: 'Padding',
  help: 'Valid stays inside the image, so it shrinks; same adds a border so that strides alone decide the size.',
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

/** Null, or why a window does not fit into images of this shape. */
export function windowProblem(what: string, window: Pair, padding: JsonValue | undefined, shape: Shape): string | null {
  const [, height, width] = shape;
  if (paddingOf(padding) === 'same' || (window[0] <= height! && window[1] <= width!)) return null;
  return `needs images at least as large as its ${what}, ${formatPair([...window])}; received ${formatShape(shape)}. Make the ${what} smaller, or set padding to same.`;
}
