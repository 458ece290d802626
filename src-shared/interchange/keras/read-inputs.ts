import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { isModel, layersIn, listOf, objectOf, textOf } from './generations/unchecked-json.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';

/**
 * The shape of the input that a layer of a Sequential implies, with the batch axis: its own `batch_input_shape`, or
 * that of the first layer of a nested model; null: it has none.
 */
export function impliedShape(layer: JsonObject): readonly Json[] | null {
  const config = objectOf(layer['config']) ?? {};
  const [first] = layersIn(layer);
  if (isModel(textOf(layer['class_name']) ?? '') && first !== undefined) {
    const inside = impliedShape(first);
    if (inside !== null) return inside;
  }
  for (const value of [config['batch_input_shape'], config['batch_shape'], config['build_input_shape']]) {
    if (Array.isArray(value)) return value;
  }
  const built = objectOf(layer['build_config'])?.['input_shape'];
  if (Array.isArray(built)) return built;
  if (Array.isArray(config['input_shape'])) return [null, ...listOf(config['input_shape'])];
  const { input_dim: size, input_length: length } = config;
  const steps = typeof length === 'number' ? length : null;
  // Of a layer that looks up rows, `input_dim` is the number of rows.
  const looksUp = layerCatalog.get(textOf(layer['class_name']) ?? '')?.traits?.indexLimit !== undefined;
  if (looksUp) return length === undefined ? null : [null, steps];
  if (typeof size !== 'number') return null;
  // Of layers of sequences it is the size of a step.
  return length !== undefined || 'return_sequences' in config ? [null, steps, size] : [null, size];
}
