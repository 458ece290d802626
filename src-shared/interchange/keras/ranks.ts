import type { LayerDefinition } from '../../layers/definition/layer.ts';
import { objectOf } from './generations/unchecked-json.ts';
import type { JsonObject } from './generations/unchecked-json.ts';
import type { ReadLayer } from './read-layer.ts';

/** Numbers of axes, with that of the examples. Files of Keras 2 have few shapes, so they are followed from layer to layer. */

/** Layers whose outputs have as many axes as their inputs, apart from `KEEPING_LAYERS`. */
const KEEPING_FAMILIES: ReadonlySet<string> = new Set([
  'activation',
  'convolution',
  'image',
  'normalization',
  'regularization',
] satisfies LayerDefinition['family'][]);
const KEEPING_LAYERS: ReadonlySet<string> = new Set([
  ...['Dense', 'Rescaling', 'Normalization', 'Formula'],
  ...['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate'],
  ...[1, 2, 3].flatMap((axes) =>
    ['ZeroPadding', 'Cropping', 'UpSampling', 'MaxPooling', 'AveragePooling'].map((kind) => `${kind}${axes}D`),
  ),
]);

/** Of a layer's input, from the shape with which it was built; null: the file does not have it. */
export function inputRank(layer: JsonObject): number | null {
  const built = objectOf(layer['build_config'])?.['input_shape'];
  return Array.isArray(built) && built.every((size) => size === null || typeof size === 'number') ? built.length : null;
}

/**
 * Of a layer's output; null: unknown.
 * @param known Ranks of the layers before it, by name.
 */
export function outputRank(
  { className, config, definition, inputs, rank }: ReadLayer,
  known: ReadonlyMap<string, number>,
): number | null {
  if (className === 'InputLayer') {
    const shape = config['batch_shape'] ?? config['batch_input_shape'];
    return Array.isArray(shape) ? shape.length : null;
  }
  const keeps = definition !== null && (KEEPING_FAMILIES.has(definition.family) || KEEPING_LAYERS.has(definition.kind));
  const [, ...others] = inputs;
  return keeps && others.every(({ name }) => known.get(name) === rank) ? rank : null;
}
