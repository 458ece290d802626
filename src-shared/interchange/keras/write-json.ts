import { freezing } from './code.ts';
import { GENERATED_BY_LAMINA } from './generations/version.ts';
import { factsOf } from './keras-layers.ts';
import { callsByLayer, isExpression, isKerasObject, isSequential } from './keras-model.ts';
import type { KerasLayer, KerasModel } from './keras-model.ts';
import type { KerasArguments, KerasValue } from '../../layers/parameters/keras-value.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A Keras 3 configuration, in the format of `model.to_json()` and `keras.models.model_from_json`.
 * Omits Python expressions, which JSON cannot represent.
 *
 * @returns The text, and messages about what is omitted: expressions, then the model's notes.
 */
export function kerasJson(model: KerasModel): { text: string; notes: readonly string[] } {
  const sequential = isSequential(model);
  // Module paths in Keras 3.
  const [module, className] = sequential ? ['keras', 'Sequential'] : [FUNCTIONAL, 'Functional'];
  const config = sequential ? sequentialConfig(model) : functionalConfig(model, false);
  const text = JSON.stringify(
    { module, class_name: className, config, registered_name: null, generatedBy: GENERATED_BY_LAMINA },
    null,
    2,
  );
  const frozen = freezing(model, 'model').map(
    (line) => `Keras freezes this layer only after the model is built: ${line.replace(/False$/, 'True')}; ${line}`,
  );
  return { text, notes: [...leftOutIn(model), ...frozen, ...model.notes] };
}

const FUNCTIONAL = 'keras.src.models.functional';

function sequentialConfig({ name, layers }: KerasModel): Json {
  return { name, trainable: true, layers: layers.map((layer) => layerJson(layer.name, [layer], null)) };
}

/** @param nested Whether it is a nested model, whose only input or output is not a list. */
function functionalConfig({ name, layers, outputs }: KerasModel, nested: boolean): Json {
  const calls = [...callsByLayer(layers)];
  const shapes = new Map(layers.map((layer) => [layer.name, layer.shape ?? []]));
  const histories = new Map(
    calls.flatMap(([layer, ofLayer]) => ofLayer.map((call, index) => [call.name, [layer, index, 0]] as const)),
  );
  const tensorOf = (call: string): Json => ({
    class_name: '__keras_tensor__',
    config: { shape: shapes.get(call) ?? [], dtype: 'float32', keras_history: histories.get(call) ?? [call, 0, 0] },
  });
  const nestedModels = new Set(layers.filter(({ model }) => model !== undefined).map((layer) => layer.name));
  // In the outputs Keras counts the calls of nested Functional models from 1.
  const endOf = (end: string): Json => {
    const [layer, call] = histories.get(end) ?? ([end, 0] as const);
    return [layer, nestedModels.has(layer) ? call + 1 : call, 0];
  };
  const ends = (names: readonly string[]): Json => {
    const all = names.map(endOf);
    return nested && all.length === 1 ? all[0]! : all;
  };
  const inputs = layers.filter(({ className }) => className === 'InputLayer').map((layer) => layer.name);
  return {
    name,
    trainable: true,
    layers: calls.map(([layer, ofLayer]) => layerJson(layer, ofLayer, tensorOf)),
    input_layers: ends(inputs),
    output_layers: ends(outputs),
  };
}

/** Messages about arguments of all layers, those of nested models included, that JSON cannot represent. */
function leftOutIn({ layers }: KerasModel): string[] {
  return [...callsByLayer(layers).values()].flatMap(([first]) =>
    first.model === undefined ? leftOut(first) : leftOutIn(first.model),
  );
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

/** @param tensorOf The output of a call; null: the layers are a chain. */
function layerJson(
  name: string,
  calls: readonly [KerasLayer, ...KerasLayer[]],
  tensorOf: ((call: string) => Json) | null,
): Json {
  const { className, trainable, config, model } = calls[0];
  const own =
    className === 'InputLayer' ? { ...config, dtype: 'float32' } : { ...(trainable ? {} : { trainable }), ...config };
  const layer =
    model === undefined
      ? {
          module: 'keras.layers',
          class_name: className,
          config: { name, ...argumentsJson(own) },
          registered_name: null,
        }
      : {
          module: FUNCTIONAL,
          class_name: className,
          config: functionalConfig(model, true),
          registered_name: className,
        };
  if (tensorOf === null) return layer;
  const nodes = calls.flatMap(({ inputs, call = {} }): Json[] => {
    const tensors = inputs.map(tensorOf);
    const separate = tensors.length === 1 || factsOf(className)?.separateInputs === true;
    return tensors.length === 0 ? [] : [{ args: separate ? tensors : [tensors], kwargs: argumentsJson(call) }];
  });
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
