import { callArguments } from './arguments.ts';
import { isExpression, isKerasObject, isSequential } from './keras-model.ts';
import type { KerasArguments, KerasLayer, KerasModel, KerasValue } from './keras-model.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A Keras 3 configuration, as `model.to_json()` writes it and `keras.models.model_from_json` reads it.
 * Python expressions, which JSON cannot hold, are left out.
 *
 * @param shapeOf Output shape of a layer, null for the batch axis.
 */
export function kerasJson(model: KerasModel, shapeOf: (layer: string) => readonly (number | null)[]): string {
  const { name, outputs } = model;
  const sequential = isSequential(model);
  const layers = model.layers.map((layer) => layerJson(layer, sequential ? null : shapeOf));
  const inputs = model.layers.filter(({ className }) => className === 'InputLayer');
  const ends = {
    input_layers: inputs.map((layer): Json => [layer.name, 0, 0]),
    output_layers: outputs.map((output): Json => [output, 0, 0]),
  };
  const config = { name, trainable: true, layers, ...(sequential ? {} : ends) };
  // Where Keras 3 looks for each of them.
  const [module, className] = sequential ? ['keras', 'Sequential'] : ['keras.src.models.functional', 'Functional'];
  return JSON.stringify({ module, class_name: className, config, registered_name: null }, null, 2);
}

function layerJson(
  { className, name, trainable, config, inputs, call = {} }: KerasLayer,
  shapeOf: ((layer: string) => readonly (number | null)[]) | null,
): Json {
  const own = className === 'InputLayer' ? { ...config, dtype: 'float32' } : { trainable, ...config };
  const layer = {
    module: 'keras.layers',
    class_name: className,
    config: { name, ...argumentsJson(own) },
    registered_name: null,
  };
  if (shapeOf === null) return layer;
  const tensors = inputs.map((input) => ({
    class_name: '__keras_tensor__',
    config: { shape: shapeOf(input), dtype: 'float32', keras_history: [input, 0, 0] },
  }));
  const separate = tensors.length === 1 || Object.hasOwn(callArguments, className);
  const nodes = tensors.length === 0 ? [] : [{ args: separate ? tensors : [tensors], kwargs: argumentsJson(call) }];
  return { ...layer, name, inbound_nodes: nodes };
}

function argumentsJson(config: KerasArguments): Readonly<Record<string, Json>> {
  const known = Object.entries(config).filter(([, value]) => !isExpression(value));
  return Object.fromEntries(known.map(([key, value]) => [key, valueJson(value)]));
}

function valueJson(value: KerasValue): Json {
  if (value === null || typeof value !== 'object' || isExpression(value)) return value as Json;
  if (isKerasObject(value)) {
    const { module, className, config } = value;
    return { module: `keras.${module}`, class_name: className, config: argumentsJson(config), registered_name: null };
  }
  return value.map(valueJson);
}
