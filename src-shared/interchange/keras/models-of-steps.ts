import { factsOf } from './keras-layers.ts';
import { isModel, layersIn, MAX_DEPTH, nameOf, objectOf, textOf, withLayers } from './generations/unchecked-json.ts';
import type { JsonObject } from './generations/unchecked-json.ts';
import { storedAs, withStoredAs } from './stored-as.ts';

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
  return withStoredAs(
    {
      ...layer,
      class_name: model['class_name'],
      // The shape of its input is that of the wrapper.
      config: { ...objectOf(model['config']), ...outside, trainable },
    },
    { className: wrapper, inner: 'layer' },
  );
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
  return withStoredAs(
    {
      class_name: wrapper,
      name,
      config: {
        name,
        trainable: objectOf(config)?.['trainable'] ?? true,
        layer: { ...others, class_name: className, config },
      },
      ...(calls === undefined ? {} : { inbound_nodes: calls }),
    },
    storedAs(layer) ?? { className: textOf(className) ?? '', inner: '' },
  );
}

const isModelLayer = (layer: JsonObject): boolean => isModel(textOf(layer['class_name']) ?? '');
