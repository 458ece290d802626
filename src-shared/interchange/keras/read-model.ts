import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { LayerDefinition } from '../../layers/definition/layer.ts';
import { bindCall } from './bind-call.ts';
import type { BoundCall } from './bind-call.ts';
import { layerOfToday } from './generations/today.ts';
import { ImportLosses } from './import-losses.ts';
import { definitionOf, refuseUnknown, requireSameParameters } from './layer-calls.ts';
import { callsAgain, callsOf, endsOf, tensorsInValue } from './read-calls.ts';
import type { Call, Reference } from './read-calls.ts';
import { impliedShape } from './read-inputs.ts';
import { inputRank, outputRank } from './ranks.ts';
import type { FileLayer, ReadLayer, ReadModel } from './read-layer.ts';
import { ModelMasks } from './read-masks.ts';
import { operationFormula, operationOf } from './read-operations.ts';
import type { KerasSource } from './read-source.ts';
import { isModel, layersIn, MAX_DEPTH, nameOf, objectOf, textOf } from './generations/unchecked-json.ts';
import type { JsonObject } from './generations/unchecked-json.ts';
import { registeredPackage } from './generations/version.ts';
import type { KerasVersion } from './generations/version.ts';

/**
 * Reads the layers of a configuration and the inputs of their calls. Nested models are flattened, with layers named
 * `inner/dense`, unless some layer is called several times: Keras calls a nested model as a whole, and statistics that
 * several calls update depend on the order of the calls.
 */
export function readModel({ model, version }: KerasSource, losses: ImportLosses): ReadModel & { files: FileLayer[] } {
  const files = new Map<string, FileLayer>();
  const reader = new ModelReader(version, losses, files, callsAgain(model));
  const outputs = reader.read(model, TOP, null);
  if (outputs.length === 0)
    losses.refuse('no-outputs', null, 'Expected a model with layers and an output; received none.');
  return { layers: reader.layers, outputs, files: [...files.values()] };
}

/** Where the layers of a model go in the flattened model. */
interface Place {
  /** Of the names of this call. */
  readonly prefix: string;
  /** Of the names of the first call, whose weights this one uses; null: this is the first call. */
  readonly owner: string | null;
  readonly names: readonly string[];
  readonly positions: readonly number[];
  readonly frozen: boolean;
  readonly training: boolean | null;
}

const TOP: Place = { prefix: '', owner: null, names: [], positions: [], frozen: false, training: null };

/** An input of a call, with its name in the flattened model. */
type Source = BoundCall['inputs'][number] & { readonly name: string };

class ModelReader {
  readonly layers: ReadLayer[] = [];
  readonly #version: KerasVersion;
  readonly #losses: ImportLosses;
  /** Layers of the file, by their positions joined by commas. */
  readonly #files: Map<string, FileLayer>;
  readonly #nests: boolean;
  readonly #taken = new Set<string>();
  readonly #masks = new ModelMasks();
  /** Number of axes of the outputs, with that of the examples, by the names of their layers; as far as they are known. */
  readonly #ranks = new Map<string, number>();

  /** @param nests Whether nested models are not flattened. */
  constructor(version: KerasVersion, losses: ImportLosses, files: Map<string, FileLayer>, nests: boolean) {
    this.#version = version;
    this.#losses = losses;
    this.#files = files;
    this.#nests = nests;
  }

  /**
   * @param given Inputs of a nested model; null for the outer model, whose inputs become layers.
   * @returns Names of its outputs.
   */
  read(model: JsonObject, place: Place, given: readonly string[] | null): string[] {
    const path = place.names.join('/');
    if (place.names.length > MAX_DEPTH) {
      this.#losses.refuse('too-deep', path, `Expected models nested at most ${MAX_DEPTH} levels deep; received more.`);
      return [];
    }
    const layers = layersIn(model);
    for (const layer of layers) this.#taken.add(`${place.prefix}${nameOf(layer)}`);
    const config = objectOf(model['config']);
    const inside = { ...place, frozen: place.frozen || config?.['trainable'] === false };
    return model['class_name'] === 'Sequential'
      ? this.#sequential(model, layers, inside, given)
      : this.#functional(config ?? {}, layers, inside, given);
  }

  #sequential(
    model: JsonObject,
    layers: readonly JsonObject[],
    place: Place,
    given: readonly string[] | null,
  ): string[] {
    let last = given;
    layers.forEach((layer, index) => {
      const call: Call = { layer, name: nameOf(layer), call: 0, arguments: { positional: [], keywords: {} } };
      if (layer['class_name'] === 'InputLayer') {
        last ??= this.#add(call, index, place, []);
        return;
      }
      last ??= this.#impliedInput(model, layer, place.prefix);
      const inputs = last.map((name) => ({ name, tensor: { name, call: 0, output: 0, shape: null } }));
      last = this.#add(call, index, place, inputs);
    });
    return [...(last ?? [])];
  }

  /** An input that is only the shape of the first layer. */
  #impliedInput(model: JsonObject, first: JsonObject, prefix: string): string[] {
    const name = this.#free(`${prefix}input`);
    this.layers.push({
      file: null,
      name,
      definition: layerCatalog.get('Input')!,
      className: 'InputLayer',
      config: { batch_shape: impliedShape(first) ?? impliedShape(model) },
      frozen: false,
      training: null,
      inputs: [],
      rank: null,
    });
    return [name];
  }

  #functional(
    config: JsonObject,
    layers: readonly JsonObject[],
    place: Place,
    given: readonly string[] | null,
  ): string[] {
    const { calls, ends } = callsOf(layers, endsOf(config['output_layers']), this.#version.generation);
    const inputs = endsOf(config['input_layers']);
    if (given !== null && given.length !== inputs.length) {
      this.#losses.refuse(
        'inputs',
        place.names.join('/'),
        `Expected ${inputs.length} inputs of '${place.names.join('/')}'; received ${given.length}.`,
      );
    }
    /** Names in the flattened model of the outputs of each call, by the layer's name. */
    const produced = new Map<string, (readonly string[])[]>(calls.map(({ name }) => [name, []]));
    inputs.forEach(({ name }, index) => {
      const outer = given?.[index];
      if (outer !== undefined) produced.set(name, [[outer]]);
    });
    const find = ({ name, call, output }: Reference): string | undefined => produced.get(name)?.[call]?.[output];
    const positions = new Map(layers.map((layer, index) => [layer, index]));
    // Inputs come first, in the order of the model's arguments.
    const order = new Map(inputs.map(({ name }, index) => [name, index]));
    const orderOf = (name: string): number => order.get(name) ?? inputs.length;
    const pending = calls
      .filter(({ name, call }) => produced.get(name)![call] === undefined)
      .toSorted((a, b) => orderOf(a.name) - orderOf(b.name));
    for (let progress = true; progress && pending.length > 0;) {
      progress = false;
      for (const each of [...pending]) {
        const made = this.#called(each, positions.get(each.layer)!, place, find);
        if (made === null) continue;
        produced.get(each.name)![each.call] = made;
        pending.splice(pending.indexOf(each), 1);
        progress = true;
      }
    }
    for (const { name } of pending) {
      const path = [...place.names, name].join('/');
      this.#losses.refuse('missing-layer', path, `'${path}' reads an output that no layer of the file has.`);
    }
    return ends.flatMap((end) => {
      const name = find(end);
      if (name !== undefined && !this.#masks.isMask(name)) return [name];
      this.#losses.refuse(
        'missing-output',
        null,
        `Output ${end.output} of '${end.name}', an output of the model, was not found.`,
      );
      return [];
    });
  }

  /** Adds a call of a Functional model. @returns Names of its outputs; null while it waits for other calls. */
  #called(
    each: Call,
    position: number,
    place: Place,
    find: (reference: Reference) => string | undefined,
  ): string[] | null {
    const bound = bindCall(each.arguments, definitionOf(each.layer, this.#version), this.#version);
    const operation = operationOf(each.layer);
    const rankOf = (tensor: Reference): number | null =>
      tensor.shape?.length ?? this.#ranks.get(find(tensor) ?? '') ?? null;
    const config = objectOf(each.layer['config']) ?? {};
    const formula = operation === null ? null : operationFormula(operation, each.arguments, config, rankOf);
    const sources = (formula?.inputs.map((tensor) => ({ tensor })) ?? bound.inputs).map((input) => ({
      ...input,
      name: find(input.tensor),
    }));
    const others = [
      ...bound.masks.map(({ tensor }) => tensor),
      ...bound.unknown.flatMap(([, value]) => tensorsInValue(value)),
    ];
    const isKnown = (source: (typeof sources)[number]): source is Source => source.name !== undefined;
    if (!sources.every(isKnown) || others.some((tensor) => find(tensor) === undefined)) return null;
    return this.#add(each, position, place, sources, { bound, operation, formula: formula?.formula ?? null, find });
  }

  /** Adds a call of a layer. @returns Names of its outputs. */
  #add(
    { layer, name: own, call }: Call,
    position: number,
    place: Place,
    sources: readonly Source[],
    given?: {
      bound: BoundCall;
      operation: string | null;
      formula: string | null;
      find: (reference: Reference) => string | undefined;
    },
  ): string[] {
    const className = textOf(layer['class_name']) ?? 'Unknown';
    const first = `${place.prefix}${own}`;
    const name = call === 0 ? first : this.#free(`${first}_${call}`);
    const owner = place.owner === null ? (call === 0 ? null : first) : `${place.owner}${own}`;
    const names = [...place.names, own];
    const positions = [...place.positions, position];
    const path = names.join('/');
    const training = given?.bound.training ?? place.training;
    const inputs = sources.map(({ name: source, argument }) => ({
      name: source,
      ...(argument === undefined ? {} : { argument }),
    }));
    const sourceNames = inputs.map((input) => input.name);
    if (isModel(className)) {
      if (given !== undefined) {
        refuseUnknown(given.bound, path, this.#losses);
        this.#requireImplied(given, null, inputs, path);
      }
      return this.#nestedModel(layer, name, owner, { ...place, names, positions, training }, sourceNames);
    }
    const { name: _name, trainable, ...config } = objectOf(layer['config']) ?? {};
    const file = this.#fileLayer({ names, positions, className, config: objectOf(layer['config']) ?? {} });
    if (given?.operation != null) {
      const constants = given.bound.unknown.flatMap(([, value]) => ('constant' in value ? [value.constant] : []));
      if (this.#masks.addOperation(name, given.operation, sourceNames, constants, config)) return [name];
    }
    const mask = sourceNames.find((source) => this.#masks.isMask(source));
    if (mask !== undefined) {
      this.#losses.refuse('mask', path, `'${path}' computes with a mask, '${mask}', which Lamina cannot do.`);
    }
    if (given?.operation != null && sourceNames.some((source) => this.#masks.isMasked(source))) {
      this.#losses.refuse('mask', path, `'${path}' computes with a masked sequence. In Keras its result has no mask.`);
    }
    const isCode = className === 'Lambda' && registeredPackage(layer) === null;
    if (isCode && sourceNames.some((source) => this.#masks.isMasked(source))) {
      this.#losses.refuse('mask', path, `'${path}' is a Lambda on a masked sequence. In Keras its result has no mask.`);
    }
    // Code is never read: the layer waits for a formula.
    const formula = given?.formula ?? (isCode ? '' : null);
    const definition = formula === null ? definitionOf(layer, this.#version) : layerCatalog.get('Formula')!;
    const today =
      formula === null
        ? layerOfToday({ className, config }, this.#version)
        : { className: 'Formula', config: { formula } };
    if (given !== undefined && given.formula === null) {
      this.#requireImplied(given, definition, inputs, path);
      if (definition !== null) refuseUnknown(given.bound, path, this.#losses);
    }
    const read: ReadLayer = {
      file,
      name,
      ...(owner === null ? {} : { weightsOf: owner }),
      definition,
      className: definition === null && registeredPackage(layer) !== null ? className : today.className,
      config: { ...today.config, ...given?.bound.parameters },
      ...(isCode ? { isCode } : {}),
      frozen: place.frozen || trainable === false,
      training,
      inputs,
      rank: sources[0]?.tensor.shape?.length ?? inputRank(layer) ?? this.#ranks.get(sourceNames[0] ?? '') ?? null,
    };
    const rank = outputRank(read, this.#ranks);
    if (rank !== null) this.#ranks.set(name, rank);
    if (owner !== null) requireSameParameters(this.layers, owner, read, path, this.#losses);
    if (this.layers.some((other) => other.name === name)) {
      this.#losses.refuse(
        'duplicate-name',
        path,
        `Expected layers with different names; received two named '${path}'.`,
      );
    }
    this.layers.push(read);
    this.#masks.addLayer(name, definition, read.config, inputs);
    return [name];
  }

  #fileLayer(wanted: FileLayer): FileLayer {
    const key = wanted.positions.join();
    const layer = this.#files.get(key) ?? wanted;
    this.#files.set(key, layer);
    return layer;
  }

  #nestedModel(
    layer: JsonObject,
    name: string,
    owner: string | null,
    place: Place,
    inputs: readonly string[],
  ): string[] {
    if (this.#nests) {
      const losses = new ImportLosses();
      const reader = new ModelReader(this.#version, losses, this.#files, true);
      // The block is called in inference mode; its layers can be called in another by another call.
      const training = place.training === false ? null : place.training;
      const outputs = reader.read(layer, { ...place, prefix: '', owner: null, training }, null);
      if (outputs.length === 1) {
        if (owner === null) this.#losses.all.push(...losses.all);
        const call: ReadLayer = {
          file: null,
          name,
          definition: null,
          className: 'Functional',
          config: {},
          frozen: false,
          training: place.training,
          inputs: inputs.map((input) => ({ name: input })),
          rank: null,
        };
        if (owner !== null) requireSameParameters(this.layers, owner, call, place.names.join('/'), this.#losses);
        const model = { layers: reader.layers, outputs };
        this.layers.push(owner === null ? { ...call, model } : { ...call, weightsOf: owner });
        return [name];
      }
    }
    const inside = { ...place, prefix: `${name}/`, owner: owner === null ? null : `${owner}/` };
    return this.read(layer, inside, inputs);
  }

  /** Refuses masks other than those that Lamina computes for the inputs. */
  #requireImplied(
    { bound, find }: { bound: BoundCall; find: (reference: Reference) => string | undefined },
    definition: LayerDefinition | null,
    inputs: ReadLayer['inputs'],
    path: string,
  ): void {
    const masks = bound.masks.map(({ input, tensor }) => ({ input, mask: find(tensor)! }));
    if (this.#masks.areImplied({ definition, inputs, masks })) return;
    this.#losses.refuse(
      'mask',
      path,
      `'${path}' is called with a mask that is not the one of its input. Lamina cannot pass it.`,
    );
  }

  #free(wanted: string): string {
    let name = wanted;
    for (let number = 1; this.#taken.has(name); number++) name = `${wanted}_${number}`;
    this.#taken.add(name);
    return name;
  }
}
