import { factsOf } from './keras-layers.ts';
import { isExpression, isKerasObject, isSequential } from './keras-model.ts';
import type { KerasLayer, KerasModel } from './keras-model.ts';
import type { KerasArguments, KerasValue } from '../../layers/parameters/keras-value.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A Keras 3 configuration, in the format of `model.to_json()` and `keras.models.model_from_json`.
 * Omits Python expressions, which JSON cannot represent.
 *
 * @param shapeOf Output shape of a layer, null for the batch axis.
 * @returns The text, and messages about what is omitted: expressions, then the model's notes.
 */
export function kerasJson(
  model: KerasModel,
  shapeOf: (layer: string) => readonly (number | null)[],
): { text: string; notes: readonly string[] } {
  const { name, outputs } = model;
  const sequential = isSequential(model);
  const layers = model.layers.map((layer) => layerJson(layer, sequential ? null : shapeOf));
  const inputs = model.layers.filter(({ className }) => className === 'InputLayer');
  const ends = {
    input_layers: inputs.map((layer): Json => [layer.name, 0, 0]),
    output_layers: outputs.map((output): Json => [output, 0, 0]),
  };
  const config = { name, trainable: true, layers, ...(sequential ? {} : ends) };
  // Module paths in Keras 3.
  const [module, className] = sequential ? ['keras', 'Sequential'] : ['keras.src.models.functional', 'Functional'];
  const text = JSON.stringify({ module, class_name: className, config, registered_name: null }, null, 2);
  return { text, notes: [...model.layers.flatMap(leftOut), ...model.notes] };
}

/** Messages about arguments of a layer that JSON cannot represent. */
function leftOut({ className, name, config }: KerasLayer): string[] {
  return expressionsIn(config).map(([key, python]) =>
    className === 'Lambda'
      ? `'${name}' is Python code (${python}), which JSON cannot represent. Keras cannot open the file until you remove '${name}' from it.`
      : `${key} of '${name}' is Python code (${python}), which JSON cannot represent. It is omitted, so Keras uses its default.`,
  );
}

/** Arguments that are Python expressions, including those of wrapped layers. */
function expressionsIn(config: KerasArguments): [key: string, python: string][] {
  return Object.entries(config).flatMap(([key, value]): [string, string][] => {
    if (isExpression(value)) return [[key, value.python]];
    return isKerasObject(value) ? expressionsIn(value.config) : [];
  });
}

function layerJson(
  { className, name, trainable, config, inputs, call = {} }: KerasLayer,
  shapeOf: ((layer: string) => readonly (number | null)[]) | null,
): Json {
  const own =
    className === 'InputLayer' ? { ...config, dtype: 'float32' } : { ...(trainable ? {} : { trainable }), ...config };
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
  const separate = tensors.length === 1 || factsOf(className)?.separateInputs === true;
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
