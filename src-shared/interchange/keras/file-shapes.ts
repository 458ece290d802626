import type { Shape } from '../../program/language/types.ts';
import { isModel, layersIn, listOf, MAX_DEPTH, nameOf, objectOf, textOf } from './generations/unchecked-json.ts';
import { storedAs } from './stored-as.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';

/**
 * Shapes of the outputs of layers as a configuration says them: Keras 3 writes them with the inputs of calls, and both 2 and
 * 3 the shapes of inputs.
 *
 * @returns By the path of the layer, with the batch axis. Of the first call.
 */
export function shapesInFile(model: JsonObject): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  collect(model, '', 0, shapes);
  return shapes;
}

function collect(model: JsonObject, prefix: string, depth: number, shapes: Map<string, Shape>): void {
  if (depth > MAX_DEPTH) return;
  const layers = layersIn(model);
  const add = (name: string, shape: Json): void => {
    const read = shapeOf(shape);
    if (read !== null && !shapes.has(`${prefix}${name}`)) shapes.set(`${prefix}${name}`, read);
  };
  layers.forEach((layer, index) => {
    const config = objectOf(layer['config']) ?? {};
    if (layer['class_name'] === 'InputLayer') add(nameOf(layer), config['batch_shape'] ?? config['batch_input_shape']);
    if (model['class_name'] === 'Sequential') {
      const next = objectOf(layers[index + 1]?.['build_config']);
      add(nameOf(layer), next?.['input_shape']);
    } else tensorsIn(layer['inbound_nodes'], 0, add);
    // Inside a TimeDistributed the file has shapes of single steps.
    if (isModel(textOf(layer['class_name']) ?? '') && storedAs(layer) === null) {
      collect(layer, `${prefix}${nameOf(layer)}/`, depth + 1, shapes);
    }
  });
}

/** The tensors of calls, each with the layer that it comes from. */
function tensorsIn(value: Json, depth: number, add: (name: string, shape: Json) => void): void {
  if (depth > MAX_DEPTH) return;
  for (const each of listOf(value)) tensorsIn(each, depth + 1, add);
  const object = objectOf(value);
  if (object === null) return;
  if (object['class_name'] !== '__keras_tensor__') {
    for (const each of Object.values(object)) tensorsIn(each, depth + 1, add);
    return;
  }
  const config = objectOf(object['config']);
  const [name, call, output] = listOf(config?.['keras_history']);
  if (typeof name === 'string' && call === 0 && output === 0) add(name, config?.['shape']);
}

function shapeOf(value: Json): Shape | null {
  const sizes = listOf(value);
  const isShape = sizes.length > 0 && sizes.every((size) => size === null || Number.isSafeInteger(size));
  return isShape ? (sizes as Shape) : null;
}
