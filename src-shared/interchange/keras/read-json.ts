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
 * Reads a configuration of Keras 2 or 3, Sequential or Functional. Nested models are flattened, with
 * layers named `inner/dense`, unless some layer is called several times: Keras calls a nested model as a
 * whole, which matters to statistics that calls share.
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
  const reader = new ModelReader(callsAgain(root));
  const outputs = reader.read(root, TOP, null, 0);
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

/** Where the layers of a model go in the flattened model. */
interface Names {
  /** Of the layers of this call. */
  readonly prefix: string;
  /** Of the layers of the first call, whose weights this one uses; null: this is the first call. */
  readonly owner: string | null;
}

const TOP: Names = { prefix: '', owner: null };

/** A value that a layer reads: an output of a call of another. */
interface Reference {
  readonly name: string;
  readonly call: number;
  readonly output: number;
  /** Keyword argument that passes it; absent: it is passed by position. */
  readonly argument?: string;
}

/** A value that a layer of the flattened model is called with. */
interface CallInput {
  readonly layer: string;
  readonly argument?: string;
}

class ModelReader {
  readonly layers: KerasLayer[] = [];
  readonly notes: string[] = [];
  readonly #taken = new Set<string>();
  readonly #nests: boolean;

  /** @param nests Whether nested models are not flattened. */
  constructor(nests: boolean) {
    this.#nests = nests;
  }

  /**
   * @param given Inputs of a nested model; null for the outer model, whose inputs become layers.
   * @returns Names of its outputs.
   */
  read(model: JsonObject, names: Names, given: readonly string[] | null, depth: number): string[] {
    if (depth > MAX_DEPTH) {
      this.notes.push(`Models nested deeper than ${MAX_DEPTH} levels are omitted.`);
      return [];
    }
    // Sequential models of early Keras 2 are a list of layers.
    const config = objectOf(model['config']) ?? { layers: model['config'] };
    const layers = listOf(config['layers'])
      .map(objectOf)
      .filter((layer) => layer !== null);
    for (const layer of layers) this.#taken.add(`${names.prefix}${nameOf(layer)}`);
    return model['class_name'] === 'Sequential'
      ? this.#sequential(layers, names, given, depth)
      : this.#functional(config, layers, names, given, depth);
  }

  #sequential(layers: readonly JsonObject[], names: Names, given: readonly string[] | null, depth: number): string[] {
    let last = given;
    for (const layer of layers) {
      if (layer['class_name'] === 'InputLayer') {
        last ??= [this.#add(layer, names, 0, [], depth)].flat();
        continue;
      }
      if (last === null) last = this.#implicitInput(layer, names.prefix);
      const inputs = last.map((name) => ({ layer: name }));
      last = this.#add(layer, names, 0, inputs, depth);
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
    names: Names,
    given: readonly string[] | null,
    depth: number,
  ): string[] {
    const { calls, ends } = callsOf(layers, endsOf(config['output_layers']));
    /** Names in the flattened model of the outputs of each call, by the layer's name. */
    const produced = new Map<string, (readonly string[])[]>(calls.map(({ name }) => [name, []]));
    endsOf(config['input_layers']).forEach(({ name }, index) => {
      const outer = given?.[index];
      if (outer !== undefined) produced.set(name, [[outer]]);
    });
    const find = ({ name, call, output }: Reference): string[] => {
      const outputs = produced.get(name)?.[call] ?? [];
      return outputs.slice(output, output + 1);
    };
    const isMade = (reference: Reference): boolean => produced.get(reference.name)?.[reference.call] !== undefined;
    // Inputs come first, in the order of the model's arguments.
    const places = new Map(endsOf(config['input_layers']).map(({ name }, index) => [name, index]));
    const pending = calls
      .filter(({ name, call }) => produced.get(name)![call] === undefined)
      .toSorted((a, b) => (places.get(a.name) ?? Infinity) - (places.get(b.name) ?? Infinity) || 0);
    for (let progress = true; progress && pending.length > 0;) {
      progress = false;
      for (const each of [...pending]) {
        if (!each.sources.every(isMade)) continue;
        const { layer, name, call } = each;
        const from = each.sources.flatMap((source) =>
          find(source).map((name) =>
            source.argument === undefined ? { layer: name } : { layer: name, argument: source.argument },
          ),
        );
        produced.get(name)![call] = this.#add(layer, names, call, from, depth);
        pending.splice(pending.indexOf(each), 1);
        progress = true;
      }
    }
    for (const { name } of pending) this.notes.push(`'${name}' reads a layer that does not exist, and is omitted.`);
    return ends.flatMap(find);
  }

  /** Adds a call of a layer. @param call 0: the first one. @returns Names of its outputs. */
  #add(layer: JsonObject, names: Names, call: number, sources: readonly CallInput[], depth: number): string[] {
    const className = textOf(layer['class_name']) ?? 'Unknown';
    const own = nameOf(layer);
    const inputs = sources.map((source) => source.layer);
    const first = `${names.prefix}${own}`;
    const name = call === 0 ? first : this.#free(`${first}_${call}`);
    const owner = names.owner === null ? (call === 0 ? null : first) : `${names.owner}${own}`;
    if (isModel(className)) {
      const nested = this.#nests ? this.#nested(layer, own, depth) : null;
      if (nested !== null) {
        if (owner === null) this.notes.push(...nested.notes);
        const call = { className: 'Functional', name, trainable: true, config: {}, inputs };
        this.layers.push(owner === null ? { ...call, model: nested } : { ...call, weightsOf: owner });
        return [name];
      }
      const inside = { prefix: `${name}/`, owner: owner === null ? null : `${owner}/` };
      return this.read(layer, inside, inputs, depth + 1);
    }
    const { name: _name, trainable, ...config } = objectOf(layer['config']) ?? {};
    this.layers.push({
      className,
      name,
      ...(owner === null ? {} : { weightsOf: owner }),
      trainable: trainable !== false,
      config: config as KerasArguments,
      inputs,
      ...(sources.some(({ argument }) => argument !== undefined)
        ? { inputArguments: sources.map(({ argument }) => argument) }
        : {}),
      ...this.#callOf(layer, className, call),
    });
    return [name];
  }

  /** A nested model; null if it has several outputs, which are flattened. */
  #nested(model: JsonObject, name: string, depth: number): KerasModel | null {
    const reader = new ModelReader(true);
    const outputs = reader.read(model, TOP, null, depth + 1);
    return outputs.length === 1 ? { name, layers: reader.layers, outputs, notes: reader.notes } : null;
  }

  /** Keyword arguments of a call in Keras 3 that are parameters of the layer: those of its first call. */
  #callOf(layer: JsonObject, className: string, call: number): { call?: KerasArguments } {
    const [first, own] = [0, call].map((index) => {
      const kwargs = objectOf(objectOf(listOf(layer['inbound_nodes'])[index] ?? null)?.['kwargs'] ?? null) ?? {};
      return Object.fromEntries(Object.entries(kwargs).filter(([key]) => isCallArgument(className, key)));
    });
    if (JSON.stringify(first) !== JSON.stringify(own)) {
      this.notes.push(`'${nameOf(layer)}' is called with different arguments; those of its first call are used.`);
    }
    return Object.keys(first!).length === 0 ? {} : { call: first as KerasArguments };
  }

  #free(wanted: string): string {
    let name = wanted;
    for (let number = 1; this.#taken.has(name); number++) name = `${wanted}_${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** Whether a layer of the model, or of a nested one, is called several times. */
function callsAgain(model: JsonObject, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const layers = listOf(objectOf(model['config'])?.['layers']).map(objectOf);
  return layers.some(
    (layer) =>
      layer !== null &&
      (inboundOf(layer).length > 1 || (isModel(textOf(layer['class_name']) ?? '') && callsAgain(layer, depth + 1))),
  );
}

/** A call of a layer of a Functional model. */
interface Call {
  readonly layer: JsonObject;
  readonly name: string;
  /** Number of the call, from 0. */
  readonly call: number;
  readonly sources: readonly Reference[];
}

/** The calls of the layers of a Functional model, and what gives its outputs; all calls counted from 0. */
function callsOf(
  layers: readonly JsonObject[],
  outputs: readonly Reference[],
): { calls: Call[]; ends: readonly Reference[] } {
  const calls = layers.flatMap((layer) => {
    const inbound = inboundOf(layer);
    return (inbound.length === 0 ? [[]] : inbound).map((sources, call) => ({
      layer,
      name: nameOf(layer),
      call,
      sources,
    }));
  });
  // The calls of a nested model begin at 1 in Keras 2.
  const counts = new Map(layers.map((layer) => [nameOf(layer), Math.max(1, inboundOf(layer).length)]));
  const fromOne = new Set<string>();
  for (const { name, call } of [...outputs, ...calls.flatMap(({ sources }) => sources)]) {
    if (call >= (counts.get(name) ?? Infinity)) fromOne.add(name);
  }
  const corrected = (reference: Reference): Reference =>
    fromOne.has(reference.name) ? { ...reference, call: reference.call - 1 } : reference;
  return {
    calls: calls.map((each) => ({ ...each, sources: each.sources.map(corrected) })),
    ends: outputs.map(corrected),
  };
}

function nameOf(layer: JsonObject): string {
  return textOf(layer['name']) ?? textOf(objectOf(layer['config'])?.['name']) ?? textOf(layer['class_name']) ?? 'layer';
}

/** `input_layers` and `output_layers`: [name, 0, 0], or a list or object of these. */
function endsOf(value: Json): Reference[] {
  if (Array.isArray(value)) return typeof value[0] === 'string' ? [referenceOf(value)] : value.flatMap(endsOf);
  const table = objectOf(value);
  return table === null ? [] : Object.values(table).flatMap(endsOf);
}

/** Names of the first argument of a layer's call. */
const FIRST_ARGUMENT: ReadonlySet<string> = new Set(['inputs', 'sequences']);

/** For each call of a layer: what it reads. */
function inboundOf(layer: JsonObject): Reference[][] {
  return listOf(layer['inbound_nodes']).map((call) => {
    if (Array.isArray(call)) return olderCall(call);
    const { args, kwargs } = objectOf(call) ?? {};
    return [...tensorsIn(args), ...keywordInputs(kwargs, tensorsIn)];
  });
}

/** Tensors in keyword arguments. @param read The tensors in a value. */
function keywordInputs(kwargs: Json, read: (value: Json) => Reference[]): Reference[] {
  return Object.entries(objectOf(kwargs) ?? {}).flatMap(([argument, value]) =>
    read(value).map((tensor) => (FIRST_ARGUMENT.has(argument) ? tensor : { ...tensor, argument })),
  );
}

/** Keras 2: [[name, call, output, kwargs], …], or a single one of these. */
function olderCall(call: readonly Json[]): Reference[] {
  if (typeof call[0] === 'string') return [referenceOf(call), ...keywordInputs(call[3], olderTensors)];
  return call.flatMap((entry) => (Array.isArray(entry) ? olderCall(entry) : []));
}

/** Keras 2: [name, call, output], or a list of these. */
function olderTensors(value: Json): Reference[] {
  const items = listOf(value);
  const [name, ...indices] = items;
  if (typeof name === 'string' && indices.length > 1 && indices.every(Number.isInteger)) return [referenceOf(items)];
  return items.flatMap(olderTensors);
}

/** Keras 3: all tensors in the arguments, in order. */
function tensorsIn(value: Json): Reference[] {
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  const object = objectOf(value);
  if (object === null) return [];
  const history = objectOf(object['config'])?.['keras_history'];
  if (object['class_name'] === '__keras_tensor__' && Array.isArray(history)) {
    return typeof history[0] === 'string' ? [referenceOf(history)] : [];
  }
  return Object.values(object).flatMap(tensorsIn);
}

/** [name, call, output]; early Keras 2 omits the numbers where they are 0. */
function referenceOf([name, call, output]: readonly Json[]): Reference {
  const index = (value: Json): number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 0;
  return { name: String(name), call: index(call), output: index(output) };
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
