import type { JsonValue } from '../../document/schema/model-document.ts';
import { showShape } from '../../program/language/shape.ts';
import type { Pair, Shape, ValueId } from '../../program/language/types.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import { sizesOf } from '../parameters/sizes.ts';
import type { LayerContext } from './layer.ts';
import { windowWords } from './sequences.ts';
import type { WindowAxes } from './sequences.ts';

/** What convolution and pooling share. Windows over sequences are computed as windows over images of height 1. */

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
export function sizeType(
  axes: WindowAxes,
  limits: { readonly min: number; readonly max: number; readonly emptyMeans?: string },
): ParameterSpec['type'] {
  return axes === 1 ? { kind: 'integer', ...limits } : { kind: 'sizes', axes, ...limits };
}

/** Applies an operation on images, [batch, height, width, channels], to the layer's input. */
export function onImages(
  { builder, inputs }: LayerContext,
  axes: 1 | 2,
  operation: (images: ValueId) => ValueId,
): ValueId {
  const x = inputs[0]!;
  if (axes === 2) return operation(x);
  const [batch, ...sequence] = builder.shapeOf(x);
  const y = operation(builder.reshape(x, [batch!, 1, ...sequence]));
  const [, , ...result] = builder.shapeOf(y);
  return builder.reshape(y, [batch!, ...result]);
}

/** A checked size for images: [height, width]. */
export function imageSizeOf(value: JsonValue | undefined, axes: 1 | 2): Pair {
  const sizes = sizesOf(value, axes);
  return axes === 1 ? [1, sizes[0]!] : [sizes[0]!, sizes[1]!];
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
