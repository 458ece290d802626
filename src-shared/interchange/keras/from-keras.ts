import { BLOCK, BLOCK_INPUT, BLOCK_OUTPUT } from '../../document/schema/blocks.ts';
import { isInput, isOutput } from '../../document/schema/ends.ts';
import type { JsonValue } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { LayerDefinition } from '../../layers/definition/layer.ts';
import { sameJson } from '../../text/same-json.ts';
import { showValue } from '../../text/show-value.ts';
import type { Json } from '../../text/show-value.ts';
import { didYouMean } from '../../text/suggest.ts';
import type { Sketch, SketchLayer } from '../../starting-points/sketch.ts';
import { camel, snake } from '../../layers/parameters/keras-value.ts';
import type { KerasLayer, KerasModel } from './keras-model.ts';
import { readKeras } from '../../layers/parameters/parameter-kind.ts';
import { kindOf } from '../../layers/parameters/parameter-spec.ts';
import type { ParameterType } from '../../layers/parameters/parameter-spec.ts';

/** Arguments without an effect here: they concern Keras's implementation. */
const IGNORED: ReadonlySet<string> = new Set([
  'dtype',
  'seed',
  'batch_input_shape',
  'batch_shape',
  'sparse',
  'ragged',
  'optional',
  'unroll',
  'implementation',
  'time_major',
  'ragged_inputs',
  'noise_shape',
  'input_length',
  'synchronized',
  'renorm',
  'renorm_clipping',
  'renorm_momentum',
  'fused',
  'virtual_batch_size',
  'quantization_config',
  'lora_rank',
  'lora_alpha',
  'input_spec',
  'rank',
  'build_config',
  'query_shape',
  'key_shape',
  'value_shape',
]);

/** For arguments that Lamina does not have: values that mean what Lamina does. */
const USUAL: Readonly<Record<string, readonly unknown[]>> = {
  data_format: ['channels_last', null],
  return_state: [false],
  stateful: [false],
  zero_output_for_mask: [false],
  rms_scaling: [false],
  use_gate: [false],
  sliding_window: [null],
  // The steps of a sequence, the only axis here.
  attention_axes: [null, [1]],
  softmax_robust_masking: [false],
  output_shape: [null],
  flash_attention: [null],
};

/**
 * Converts a Keras model to layers for the canvas. Unknown layers are kept; analysis reports them.
 * @returns The sketch, and messages about what was omitted or changed.
 */
export function fromKeras(model: KerasModel): { sketch: Sketch; notes: readonly string[] } {
  const notes = [...model.notes];
  const places = new Map<string, number>();
  const sketch: SketchLayer[] = [];
  for (const layer of model.layers) {
    const inputs = inputsOf(layer).flatMap(({ name, port }) => {
      const place = places.get(name);
      return place === undefined ? [] : [{ place, port }];
    });
    const owner = places.get(layer.weightsOf ?? '');
    places.set(layer.name, sketch.length);
    if (owner === undefined) {
      sketch.push(layerFromKeras(layer, inputs, notes));
    } else {
      // The notes of a layer are those of its first call.
      const call = layerFromKeras(layer, inputs, []);
      sketch.push({ ...call, kind: sketch[owner]!.kind, params: {}, weightsOf: owner });
    }
  }
  const several = model.outputs.length > 1;
  for (const output of model.outputs) {
    const from = places.get(output);
    if (from === undefined) continue;
    const name = several ? `${layerName(output)}_output` : 'output';
    sketch.push({ kind: 'Output', params: {}, name, from: [from] });
  }
  return { sketch, notes };
}

interface NamedInput {
  readonly name: string;
  readonly port: string | undefined;
}

/**
 * Inputs of the layer with their ports. A port that the layer does not have stays, so that analysis
 * reports it. Self-attention has its input once.
 */
function inputsOf({ className, inputs, inputArguments }: KerasLayer): readonly NamedInput[] {
  const definition = layerCatalog.get(className);
  const named = inputs.map((name, index) => {
    const argument = inputArguments?.[index];
    return { name, port: argument ?? definition?.inputs.ports?.[index]?.name };
  });
  const attendsToItself =
    definition?.keras?.repeatsInput === true &&
    new Set(inputs).size === 1 &&
    named.every(({ port }) => definition.inputs.ports!.some(({ name }) => name === port));
  return attendsToItself ? [{ name: inputs[0]!, port: definition.inputs.ports![0]!.name }] : named;
}

/** Names must not have slashes, which separate layer and weight names. */
function layerName(name: string): string {
  return name.replaceAll('/', '_');
}

function layerFromKeras(
  layer: KerasLayer,
  inputs: readonly { readonly place: number; readonly port: string | undefined }[],
  notes: string[],
): SketchLayer {
  const from = inputs.map(({ place }) => place);
  const named = inputs.some(({ port }) => port !== undefined);
  const base = { name: layerName(layer.name), from, ...(named ? { ports: inputs.map(({ port }) => port) } : {}) };
  if (layer.className === 'InputLayer') {
    const shape = layer.config['batch_shape'] ?? layer.config['batch_input_shape'];
    const sizes = (Array.isArray(shape) ? shape.slice(1) : []).filter((size) => typeof size === 'number');
    return { ...base, kind: 'Input', params: sizes.length > 0 ? { shape: sizes } : {} };
  }
  if (layer.model !== undefined) {
    const inside = fromKeras(layer.model);
    notes.push(...inside.notes);
    return { ...base, kind: BLOCK, params: {}, inside: inside.sketch.map(asPartOfBlock) };
  }
  const definition = layerCatalog.get(layer.className);
  if (definition === undefined) {
    notes.push(
      `'${layer.name}' is a ${layer.className}, which Lamina does not have. Replace it on the canvas.${didYouMean(layer.className, [...layerCatalog.keys()])}`,
    );
    return { ...base, kind: layer.className, params: {} };
  }
  const params = parametersFromKeras(definition, { ...layer.config, ...layer.call }, layer.name, notes);
  return { ...base, kind: layer.className, params, ...(layer.trainable ? {} : { frozen: true }) };
}

/** A layer of a nested model as a layer of a block: its inputs and output become the block's. */
function asPartOfBlock(layer: SketchLayer): SketchLayer {
  if (isInput(layer)) return { ...layer, kind: BLOCK_INPUT, params: {} };
  return isOutput(layer) ? { ...layer, kind: BLOCK_OUTPUT } : layer;
}

function parametersFromKeras(
  definition: LayerDefinition,
  config: Readonly<Record<string, unknown>>,
  name: string,
  notes: string[],
): Record<string, JsonValue> {
  const params: Record<string, JsonValue> = {};
  for (const [key, given] of Object.entries(config)) {
    const spec = definition.parameters.find(
      (candidate) => candidate.name === camel(key) || snake(candidate.name) === key,
    );
    if (spec === undefined) {
      const isUsual = USUAL[key]?.some((value) => sameJson(value, given)) === true;
      const usual = IGNORED.has(key) || given === null || given === undefined || isUsual;
      if (!usual) notes.push(`${key} = ${showValue(given as Json)} of '${name}' is omitted: Lamina does not have it.`);
      continue;
    }
    const value = wrapped(given, name, notes) ?? valueFromKeras(spec.type, given);
    if (value === undefined) notes.push(`${key} of '${name}' could not be read; the default is used.`);
    else if (JSON.stringify(value) !== JSON.stringify(spec.default)) params[spec.name] = value;
  }
  return params;
}

/** The value for a wrapped layer; undefined if the argument is not a layer. */
function wrapped(given: unknown, name: string, notes: string[]): JsonValue | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { class_name: className, config } = given as { class_name?: unknown; config?: unknown };
  const inner = typeof className === 'string' ? layerCatalog.get(className) : undefined;
  if (inner === undefined || typeof config !== 'object' || config === null) return undefined;
  const { name: _name, trainable: _trainable, ...rest } = config as Record<string, unknown>;
  return { kind: inner.kind, params: parametersFromKeras(inner, rest, name, notes) };
}

/** An unchecked parameter value; undefined if a parameter cannot have it. */
function valueFromKeras(type: ParameterType, value: unknown): JsonValue | undefined {
  const { fromKeras } = kindOf(type);
  return fromKeras === undefined ? readKeras(value) : fromKeras(type, value);
}
