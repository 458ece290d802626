import { factsOf } from './keras-layers.ts';
import { isModel, layersIn, MAX_DEPTH, nameOf, objectOf, textOf } from './generations/unchecked-json.ts';
import type { JsonObject } from './generations/unchecked-json.ts';

/** Where files of weights have a layer whose `class_name` was changed. */
export interface StoredAs {
  /** The class in the file, which names the layer's group. */
  readonly className: string;
  /** Group inside the layer's group; '' for the group itself. */
  readonly inner: string;
}

const STORED_AS = 'stored_as';

/** Null: the file has the layer under its class. */
export function storedAs(layer: JsonObject): StoredAs | null {
  return (layer[STORED_AS] ?? null) as StoredAs | null;
}

/**
 * The model with each TimeDistributed around a model replaced by this model, and the layers of that in TimeDistributed.
 * Both compute the same, because the wrapped layers treat each step separately.
 */
export function withLayersOfSteps(model: JsonObject, depth = 0): JsonObject {
  if (depth > MAX_DEPTH) return model;
  const layers = layersIn(model).map((layer) => converted(layer, depth + 1));
  return withLayers(model, layers);
}

function converted(layer: JsonObject, depth: number): JsonObject {
  if (isModelLayer(layer)) return withLayersOfSteps(layer, depth);
  const wrapper = textOf(layer['class_name']) ?? '';
  const config = factsOf(wrapper)?.wrapsEachStep === true ? objectOf(layer['config']) : null;
  const inner = objectOf(config?.['layer']);
  if (config === null || inner === null || !isModelLayer(inner) || layersIn(inner).length === 0) return layer;
  const { layer: _layer, ...outside } = config;
  const trainable = config['trainable'] !== false && objectOf(inner['config'])?.['trainable'] !== false;
  const model = ofSteps(inner, wrapper, depth);
  return {
    ...layer,
    class_name: model['class_name'],
    // The shape of its input is that of the wrapper.
    config: { ...objectOf(model['config']), ...outside, trainable },
    [STORED_AS]: { className: wrapper, inner: 'layer' } satisfies StoredAs,
  };
}

/** A model for sequences of the inputs of this one. @param wrapper Class that applies a layer to each step. */
function ofSteps(model: JsonObject, wrapper: string, depth: number): JsonObject {
  if (depth > MAX_DEPTH) return model;
  const { build_config: _built, ...rest } = model;
  const layers = layersIn(model).flatMap((layer) => {
    // Without its shape, which lacks the axis of the steps. The inputs of a Functional have calls that read them.
    if (layer['class_name'] === 'InputLayer') {
      return model['class_name'] === 'Sequential' ? [] : [{ ...layer, config: { name: nameOf(layer) } }];
    }
    return [isModelLayer(layer) ? ofSteps(layer, wrapper, depth + 1) : wrapped(layer, wrapper)];
  });
  const { batch_input_shape: _shape, build_input_shape: _build, ...config } = objectOf(model['config']) ?? {};
  return withLayers({ ...rest, config }, layers);
}

function wrapped(layer: JsonObject, wrapper: string): JsonObject {
  const { class_name: className, config, name: _name, inbound_nodes: calls, build_config: _built, ...others } = layer;
  const name = nameOf(layer);
  return {
    class_name: wrapper,
    name,
    config: {
      name,
      trainable: objectOf(config)?.['trainable'] ?? true,
      layer: { ...others, class_name: className, config },
    },
    ...(calls === undefined ? {} : { inbound_nodes: calls }),
    [STORED_AS]: { className: textOf(className) ?? '', inner: '' } satisfies StoredAs,
  };
}

const isModelLayer = (layer: JsonObject): boolean => isModel(textOf(layer['class_name']) ?? '');

function withLayers(model: JsonObject, layers: readonly JsonObject[]): JsonObject {
  const config = objectOf(model['config']);
  return { ...model, config: config === null ? layers : { ...config, layers } };
}
