import { BLOCK, BLOCK_INPUT, BLOCK_OUTPUT } from '../../document/schema/blocks.ts';
import { isInput, isOutput } from '../../document/schema/ends.ts';
import type { JsonValue } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { KerasMode, LayerDefinition } from '../../layers/definition/layer.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import { kindOf } from '../../layers/parameters/parameter-spec.ts';
import type { Shape } from '../../program/language/types.ts';
import type { Sketch, SketchLayer } from '../../starting-points/sketch.ts';
import { didYouMean } from '../../text/suggest.ts';
import { isRefused } from '../import-report.ts';
import type { ImportReport, SketchPlace } from '../import-report.ts';
import type { LayerOfFile } from '../layer-rows.ts';
import { shapesInFile } from './file-shapes.ts';
import { ImportLosses } from './import-losses.ts';
import { lambdaText } from './lambda.ts';
import { readArguments } from './read-arguments.ts';
import { readModel } from './read-model.ts';
import type { FileLayer, ReadLayer, ReadModel } from './read-layer.ts';
import { readKerasSource } from './read-source.ts';
import type { KerasOrigin } from './read-source.ts';
import { isModel, objectOf } from './generations/unchecked-json.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';
import type { KerasVersion } from './generations/version.ts';

/** A layer of the file, with the layers of the sketch that it became. */
export interface KerasImportedLayer extends LayerOfFile, FileLayer {}

export interface KerasReading {
  /** Null if something was refused. */
  readonly sketch: Sketch | null;
  readonly report: ImportReport<KerasImportedLayer>;
  readonly version: KerasVersion;
  /** The configuration: `class_name` and `config`. */
  readonly model: JsonObject;
}

/**
 * Reads a Keras configuration (see `readKerasSource`) as layers for the canvas. A part that is not understood is never
 * silently replaced by a default: the file is refused, or the change is reported.
 * @throws AppError `keras/not-a-model` if the text is not a model configuration.
 */
export function readKeras(text: string, origin: KerasOrigin = {}): KerasReading {
  const source = readKerasSource(text, origin);
  const losses = new ImportLosses();
  const { files, ...model } = readModel(source, losses);
  const shapes = shapesInFile(source.model);
  const writer = new SketchWriter(source.version, losses, shapes);
  const sketch = writer.model(model, []);
  const layers = files.map((file): KerasImportedLayer => {
    const path = file.names.join('/');
    return { ...file, path, places: writer.places.get(file) ?? [], shape: shapes.get(path) };
  });
  const report = { layers, losses: losses.all };
  return { sketch: isRefused(report) ? null : sketch, report, version: source.version, model: source.model };
}

class SketchWriter {
  readonly places = new Map<FileLayer, SketchPlace[]>();
  readonly #version: KerasVersion;
  readonly #losses: ImportLosses;
  readonly #shapes: ReadonlyMap<string, Shape>;

  /** @param shapes Of outputs, as the file says. */
  constructor(version: KerasVersion, losses: ImportLosses, shapes: ReadonlyMap<string, Shape>) {
    this.#shapes = shapes;
    this.#version = version;
    this.#losses = losses;
  }

  /** @param outer Place of the block that the model becomes. */
  model({ layers, outputs }: ReadModel, outer: SketchPlace): Sketch {
    const indices = new Map<string, number>();
    const sketch: SketchLayer[] = [];
    for (const layer of layers) {
      const place = [...outer, sketch.length];
      const inputs = inputsOf(layer).flatMap(({ name, port }) => {
        const index = indices.get(name);
        return index === undefined ? [] : [{ index, port }];
      });
      const owner = indices.get(layer.weightsOf ?? '');
      indices.set(layer.name, sketch.length);
      if (layer.file !== null) this.places.set(layer.file, [...(this.places.get(layer.file) ?? []), place]);
      // Losses of a shared layer are reported for its first call only.
      const losses = owner === undefined ? this.#losses : new ImportLosses();
      const made = this.#layer(layer, inputs, place, losses);
      sketch.push(owner === undefined ? made : { ...made, kind: sketch[owner]!.kind, params: {}, weightsOf: owner });
    }
    const several = outputs.length > 1;
    for (const output of outputs) {
      const from = indices.get(output)!;
      const name = several ? `${layerName(output)}_output` : 'output';
      sketch.push({ kind: 'Output', params: {}, name, from: [from] });
    }
    return sketch;
  }

  #layer(
    layer: ReadLayer,
    inputs: readonly { readonly index: number; readonly port: string | undefined }[],
    place: SketchPlace,
    losses: ImportLosses,
  ): SketchLayer {
    const from = inputs.map(({ index }) => index);
    const named = inputs.some(({ port }) => port !== undefined);
    const base = { name: layerName(layer.name), from, ...(named ? { ports: inputs.map(({ port }) => port) } : {}) };
    const path = layer.file?.names.join('/') ?? layer.name;
    if (layer.model !== undefined || layer.className === 'Functional') {
      const inside = layer.model === undefined ? {} : { inside: this.model(layer.model, place).map(asPartOfBlock) };
      return { ...base, kind: BLOCK, params: {}, ...inside, ...(layer.training === false ? INFERENCE : {}) };
    }
    if (layer.className === 'InputLayer') {
      return { ...base, kind: 'Input', params: inputParameters(layer.config, path, losses) };
    }
    const { definition, className } = layer;
    if (definition === null) {
      if (!isModel(className)) losses.add('changed', 'unknown-layer', path, unknownLayer(className, path));
      return { ...base, kind: layerCatalog.has(className) ? `other ${className}` : className, params: {} };
    }
    const { min, max } = definition.inputs;
    if (from.length < min || from.length > max) {
      const expected = min === max ? String(min) : `${min} to ${max}`;
      losses.refuse('inputs', path, `Expected ${expected} inputs of '${path}'; received ${from.length}.`);
    }
    const reader = { version: this.#version, losses, path };
    const params = readArguments(definition, layer.config, layer.rank, reader);
    const mode = inMode(definition, params, layer, path, losses);
    const standsFor =
      layer.isCode === true ? lambdaText(layer.file?.config ?? {}, this.#shapes.get(path) ?? null) : null;
    if (standsFor !== null) losses.add('changed', 'lambda', path, codeText(path, standsFor));
    const frozen = layer.frozen || isFrozenInside(definition, layer.config, path, losses);
    return {
      ...base,
      kind: definition.kind,
      params: { ...params, ...mode.params, ...(standsFor === null ? {} : { standsFor }) },
      ...(frozen ? { frozen: true } : {}),
      ...mode.called,
    };
  }
}

/**
 * Inputs of the layer with their ports. A port that the layer does not have stays, so that analysis
 * reports it. Self-attention has its input once.
 */
function inputsOf({ definition, inputs }: ReadLayer): { readonly name: string; readonly port: string | undefined }[] {
  const named = inputs.map(({ name, argument }, index) => {
    return { name, port: argument ?? definition?.inputs.ports?.[index]?.name };
  });
  const attendsToItself =
    definition?.keras?.repeatsInput === true &&
    named.length > 0 &&
    new Set(named.map(({ name }) => name)).size === 1 &&
    named.every(({ port }) => definition.inputs.ports!.some(({ name }) => name === port));
  return attendsToItself ? [{ name: named[0]!.name, port: definition.inputs.ports![0]!.name }] : named;
}

/** Names must not have slashes, which separate layer and weight names. */
function layerName(name: string): string {
  return name.replaceAll('/', '_');
}

function unknownLayer(className: string, path: string): string {
  const near = didYouMean(className, [...layerCatalog.keys()]);
  return `'${path}' is a ${className}, which Lamina does not have. Replace it on the canvas.${near}`;
}

function codeText(path: string, code: string): string {
  return `'${path}' is a Lambda with code, ${code}. Code in files is never run: write a formula that computes the same in the layer's field Formula, or replace the layer if no formula of single numbers does. Until then the model cannot be trained.`;
}

/** Types of inputs whose values float32 holds. */
const INPUT_TYPES: ReadonlySet<Json> = new Set([
  undefined,
  null,
  'float32',
  'int32',
  'int64',
  'int16',
  'int8',
  'uint8',
  'uint16',
  'float16',
]);

function inputParameters(config: ReadLayer['config'], path: string, losses: ImportLosses): Record<string, JsonValue> {
  const shape = config['batch_shape'] ?? config['batch_input_shape'];
  const type = objectOf(objectOf(config['dtype'])?.['config'])?.['name'] ?? config['dtype'];
  if (!INPUT_TYPES.has(type)) {
    losses.refuse('type', path, `Expected numbers as input '${path}'; received ${String(type)}.`);
  }
  for (const key of ['sparse', 'ragged']) {
    if (config[key] === true) losses.refuse('type', path, `Expected a dense input '${path}'; received a ${key} one.`);
  }
  const sizes: readonly Json[] = Array.isArray(shape) ? shape.slice(1) : [];
  if (sizes.length === 0) return {};
  if (sizes.every((size) => typeof size === 'number')) {
    const [spec] = layerCatalog.get('Input')!.parameters;
    const fault = kindOf(spec!.type).fault(spec!.type, [...sizes], () => null);
    if (fault === null) return { shape: [...sizes] };
    losses.refuse('shape', path, `Expected ${fault} as the shape of '${path}'; received ${sizes.join(' × ')}.`);
    return {};
  }
  const open = sizes.map((size) => (typeof size === 'number' ? String(size) : 'any')).join(' × ');
  losses.add(
    'changed',
    'open-shape',
    path,
    `'${path}' takes examples of ${open}. Here its shape is that of the data set.`,
  );
  return {};
}

/** A layer of a nested model as a layer of a block: its inputs and output become the block's. */
function asPartOfBlock(layer: SketchLayer): SketchLayer {
  if (isInput(layer)) return { ...layer, kind: BLOCK_INPUT, params: {} };
  return isOutput(layer) ? { ...layer, kind: BLOCK_OUTPUT } : layer;
}

const INFERENCE = { training: false } as const;

/** With what a layer is always in the mode that the argument `training` of its call sets. */
function inMode(
  { keras, kind, parameters }: LayerDefinition,
  params: Readonly<Record<string, JsonValue>>,
  { training }: ReadLayer,
  path: string,
  losses: ImportLosses,
): { readonly params?: KerasMode['params']; readonly called?: typeof INFERENCE } {
  if (training === null || keras?.inMode === undefined) return {};
  const mode = keras.inMode(training, resolveParameters({ parameters }, params).values);
  if (!training) return mode !== null && Object.keys(mode).length === 0 ? {} : { called: INFERENCE };
  if (mode !== null) return { params: mode.params ?? {} };
  losses.refuse(
    'mode',
    path,
    `'${path}', a ${kind}, is called with training = True. Lamina cannot keep it in that mode.`,
  );
  return {};
}

/** Whether the layer inside a wrapper is frozen. The wrapper has no other weights. */
function isFrozenInside(
  definition: LayerDefinition,
  config: ReadLayer['config'],
  path: string,
  losses: ImportLosses,
): boolean {
  const inside = definition.parameters
    .filter(({ type }) => type.kind === 'layer')
    .map(({ name }) => objectOf(objectOf(config[name])?.['config']));
  if (!inside.some((each) => each?.['trainable'] === false)) return false;
  const backward = objectOf(objectOf(config['backward_layer'])?.['config']);
  if (backward !== null && backward['trainable'] !== false) {
    losses.refuse(
      'partly-frozen',
      path,
      `Only one of the layers in '${path}' is frozen. Lamina freezes both, or neither.`,
    );
  }
  return true;
}
