import { isCallArgument } from './keras-layers.ts';
import { AppError } from '../../errors/app-error.ts';
import { parseJson } from '../../text/parse-json.ts';
import type { KerasLayer, KerasModel } from './keras-model.ts';
import type { KerasArguments, KerasValue } from '../../layers/parameters/keras-value.ts';

/** Unchecked JSON. */
type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** Limit of nested models. */
const MAX_DEPTH = 32;

/**
 * Reads a configuration of Keras 2 or 3, Sequential or Functional. Nested models are flattened;
 * their layers are named `inner/dense`.
 *
 * @param text Output of `model.to_json()`.
 * @throws AppError `keras/not-a-model` if the text is not a model configuration.
 */
export function readKerasJson(text: string): KerasModel {
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    throw notAModel(error instanceof Error ? error.message : 'text that is not JSON');
  }
  const root = objectOf(value);
  const className = root?.['class_name'];
  if (root === null || typeof className !== 'string') throw notAModel("JSON without a 'class_name'");
  if (!isModel(className)) throw notAModel(`a '${className}'`);
  const reader = new ModelReader();
  const outputs = reader.read(root, '', null, 0);
  const config = objectOf(root['config']);
  return { name: textOf(config?.['name']) ?? 'model', layers: reader.layers, outputs, notes: reader.notes };
}

function notAModel(received: string): AppError {
  return new AppError(
    'keras/not-a-model',
    `Expected a Keras model configuration, as model.to_json() writes it; received ${received}. Export the model again.`,
  );
}

const isModel = (className: string): boolean => ['Sequential', 'Functional', 'Model'].includes(className);

class ModelReader {
  readonly layers: KerasLayer[] = [];
  readonly notes: string[] = [];

  /**
   * @param prefix Prefix of the names of this model's layers.
   * @param given Inputs of a nested model; null for the outer model, whose inputs become layers.
   * @returns Names of its outputs.
   */
  read(model: JsonObject, prefix: string, given: readonly string[] | null, depth: number): string[] {
    if (depth > MAX_DEPTH) {
      this.notes.push(`Models nested deeper than ${MAX_DEPTH} levels are omitted.`);
      return [];
    }
    // Sequential models of early Keras 2 are a list of layers.
    const config = objectOf(model['config']) ?? { layers: model['config'] };
    const layers = listOf(config['layers'])
      .map(objectOf)
      .filter((layer) => layer !== null);
    return model['class_name'] === 'Sequential'
      ? this.#sequential(layers, prefix, given, depth)
      : this.#functional(config, layers, prefix, given, depth);
  }

  #sequential(layers: readonly JsonObject[], prefix: string, given: readonly string[] | null, depth: number): string[] {
    let last = given;
    for (const layer of layers) {
      if (layer['class_name'] === 'InputLayer') {
        last ??= [this.#add(layer, prefix, [], depth)].flat();
        continue;
      }
      if (last === null) last = this.#implicitInput(layer, prefix);
      const inputs = last.map((name) => ({ layer: name }));
      last = this.#add(layer, prefix, inputs, depth);
    }
    return [...(last ?? [])];
  }

  /** Keras 2 stores the input's shape in the first layer. */
  #implicitInput(first: JsonObject, prefix: string): string[] {
    const config = objectOf(first['config']);
    const shape = listOf(
      config?.['batch_input_shape'] ?? config?.['batch_shape'] ?? objectOf(first['build_config'])?.['input_shape'],
    );
    const name = `${prefix}input`;
    const batch = shape.length > 0 ? shape : [];
    this.layers.push({
      className: 'InputLayer',
      name,
      trainable: true,
      config: { batch_shape: batch as KerasValue },
      inputs: [],
    });
    return [name];
  }

  #functional(
    config: JsonObject,
    layers: readonly JsonObject[],
    prefix: string,
    given: readonly string[] | null,
    depth: number,
  ): string[] {
    const inputs = endsOf(config['input_layers']);
    /** Maps names of this model's layers to names in the flattened model. */
    const produced = new Map<string, readonly string[]>();
    inputs.forEach((name, index) => {
      const outer = given?.[index];
      if (outer !== undefined) produced.set(name, [outer]);
    });
    const pending = layers.filter((layer) => !produced.has(nameOf(layer)));
    for (let progress = true; progress && pending.length > 0;) {
      progress = false;
      for (const layer of [...pending]) {
        const calls = inboundOf(layer);
        const sources = calls[0] ?? [];
        if (!sources.every((source) => produced.has(source.layer))) continue;
        const name = nameOf(layer);
        if (calls.length > 1)
          this.notes.push(
            `'${name}' is called ${calls.length} times with shared weights; only the first call is kept.`,
          );
        const from = sources.flatMap((source) =>
          (produced.get(source.layer) ?? []).map((output) => ({ ...source, layer: output })),
        );
        produced.set(name, this.#add(layer, prefix, from, depth));
        pending.splice(pending.indexOf(layer), 1);
        progress = true;
      }
    }
    for (const layer of pending)
      this.notes.push(`'${nameOf(layer)}' reads a layer that does not exist, and is omitted.`);
    return endsOf(config['output_layers']).flatMap((name) => produced.get(name) ?? []);
  }

  /** @returns Names of the layer's outputs. */
  #add(layer: JsonObject, prefix: string, sources: readonly CallInput[], depth: number): string[] {
    const className = textOf(layer['class_name']) ?? 'Unknown';
    const name = `${prefix}${nameOf(layer)}`;
    const inputs = sources.map((source) => source.layer);
    if (isModel(className)) return this.read(layer, `${name}/`, inputs, depth + 1);
    const named = sources.some(({ argument }) => argument !== undefined);
    const { name: _name, trainable, ...config } = objectOf(layer['config']) ?? {};
    const read = {
      ...{ className, name, trainable: trainable !== false, config: config as KerasArguments, inputs },
      ...(named ? { inputArguments: sources.map(({ argument }) => argument) } : {}),
    };
    const call = callOf(layer, className);
    this.layers.push(Object.keys(call).length === 0 ? read : { ...read, call });
    return [name];
  }
}

function nameOf(layer: JsonObject): string {
  return textOf(layer['name']) ?? textOf(objectOf(layer['config'])?.['name']) ?? textOf(layer['class_name']) ?? 'layer';
}

/** Keyword arguments of a layer's first call in Keras 3 that are parameters of the layer. */
function callOf(layer: JsonObject, className: string): KerasArguments {
  const kwargs = objectOf(objectOf(listOf(layer['inbound_nodes'])[0] ?? null)?.['kwargs'] ?? null) ?? {};
  return Object.fromEntries(Object.entries(kwargs).filter(([key]) => isCallArgument(className, key))) as KerasArguments;
}

/** Layer names of `input_layers` and `output_layers`: [name, 0, 0], or a list or object of these. */
function endsOf(value: Json): string[] {
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string') return [value[0]];
    return value.flatMap(endsOf);
  }
  const table = objectOf(value);
  return table === null ? [] : Object.values(table).flatMap(endsOf);
}

/** A tensor that a layer is called with. */
interface CallInput {
  /** Name of the layer that gives it. */
  readonly layer: string;
  /** Keyword argument that passes it; absent: it is passed by position. */
  readonly argument?: string;
}

/** Names of the first argument of a layer's call. */
const FIRST_ARGUMENT: ReadonlySet<string> = new Set(['inputs', 'sequences']);

/** For each call of a layer: what it reads. */
function inboundOf(layer: JsonObject): CallInput[][] {
  return listOf(layer['inbound_nodes']).map((call) => {
    if (Array.isArray(call)) return olderCall(call);
    const { args, kwargs } = objectOf(call) ?? {};
    return [...tensorsIn(args).map((name) => ({ layer: name })), ...keywordInputs(kwargs, tensorsIn)];
  });
}

/** Tensors in keyword arguments. @param read Names of the layers whose tensors are in a value. */
function keywordInputs(kwargs: Json, read: (value: Json) => string[]): CallInput[] {
  return Object.entries(objectOf(kwargs) ?? {}).flatMap(([argument, value]) =>
    read(value).map((layer) => (FIRST_ARGUMENT.has(argument) ? { layer } : { layer, argument })),
  );
}

/** Keras 2: [[name, node, tensor, kwargs], …], or a single one of these. */
function olderCall(call: readonly Json[]): CallInput[] {
  if (typeof call[0] === 'string') return [{ layer: call[0] }, ...keywordInputs(call[3], olderTensors)];
  return call.flatMap((entry) => (Array.isArray(entry) ? olderCall(entry) : []));
}

/** Keras 2: [name, node, tensor], or a list of these. */
function olderTensors(value: Json): string[] {
  const items = listOf(value);
  const [name, ...indices] = items;
  if (typeof name === 'string' && indices.length > 1 && indices.every(Number.isInteger)) return [name];
  return items.flatMap(olderTensors);
}

/** Keras 3: names of all tensors in the arguments, in order. */
function tensorsIn(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  const object = objectOf(value);
  if (object === null) return [];
  const history = objectOf(object['config'])?.['keras_history'];
  if (object['class_name'] === '__keras_tensor__' && Array.isArray(history)) {
    return typeof history[0] === 'string' ? [history[0]] : [];
  }
  return Object.values(object).flatMap(tensorsIn);
}

function objectOf(value: Json): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: Json): string | null {
  return typeof value === 'string' ? value : null;
}
