import { isCallArgument } from './keras-layers.ts';
import { AppError } from '../../errors/app-error.ts';
import { parseJson } from '../../text/parse-json.ts';
import { sameJson } from '../../text/same-json.ts';
import type { KerasLayer, KerasModel } from './keras-model.ts';
import { callsAgain, callsOf, endsOf } from './read-calls.ts';
import type { Reference } from './read-calls.ts';
import { isModel, listOf, MAX_DEPTH, nameOf, objectOf, textOf } from './unchecked-json.ts';
import type { Json, JsonObject } from './unchecked-json.ts';
import type { KerasArguments, KerasValue } from '../../layers/parameters/keras-value.ts';

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

/** Where the layers of a model go in the flattened model. */
interface Names {
  /** Of the layers of this call. */
  readonly prefix: string;
  /** Of the layers of the first call, whose weights this one uses; null: this is the first call. */
  readonly owner: string | null;
}

const TOP: Names = { prefix: '', owner: null };

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
    const inputs = endsOf(config['input_layers']);
    /** Names in the flattened model of the outputs of each call, by the layer's name. */
    const produced = new Map<string, (readonly string[])[]>(calls.map(({ name }) => [name, []]));
    inputs.forEach(({ name }, index) => {
      const outer = given?.[index];
      if (outer !== undefined) produced.set(name, [[outer]]);
    });
    const find = ({ name, call, output }: Reference): string[] => {
      const outputs = produced.get(name)?.[call] ?? [];
      return outputs.slice(output, output + 1);
    };
    const isMade = (reference: Reference): boolean => produced.get(reference.name)?.[reference.call] !== undefined;
    // Inputs come first, in the order of the model's arguments.
    const places = new Map(inputs.map(({ name }, index) => [name, index]));
    const placeOf = (name: string): number => places.get(name) ?? inputs.length;
    const pending = calls
      .filter(({ name, call }) => produced.get(name)![call] === undefined)
      .toSorted((a, b) => placeOf(a.name) - placeOf(b.name));
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
    if (!sameJson(first, own)) {
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
