import { objectOf, isModel, layersIn, listOf, MAX_DEPTH, textOf, withLayers } from './generations/unchecked-json.ts';
import type { JsonObject } from './generations/unchecked-json.ts';
import { inputRank } from './ranks.ts';
import { withStoredAs } from './stored-as.ts';

/**
 * Layers that `keras.applications` defines beside Keras's own: those of ConvNeXt. (`CustomScaleLayer` of Inception-ResNet is
 * an operation, see `read-operations.ts`.)
 */

interface ApplicationLayer {
  /** Its arguments, without those of every layer. Another class of this name has others. */
  readonly config: readonly string[];
  /** @param rank Of its input, with the axis of the examples. */
  of(config: JsonObject, rank: number): JsonObject;
  readonly weightName?: string;
}

const LAYERS: Readonly<Record<string, ApplicationLayer>> = {
  // x · gamma, a factor for each channel.
  LayerScale: {
    config: ['init_values', 'projection_dim'],
    of: ({ init_values: value }, rank) => ({
      class_name: rank === 3 ? 'DepthwiseConv1D' : 'DepthwiseConv2D',
      config: {
        kernel_size: 1,
        use_bias: false,
        depthwise_initializer: { class_name: 'Constant', config: { value } },
      },
    }),
    weightName: 'gamma',
  },
  // Zero for random whole examples; the others are scaled up.
  StochasticDepth: {
    config: ['drop_path_rate'],
    of: ({ drop_path_rate: rate }, rank) => ({
      class_name: 'Dropout',
      config: { rate, noise_shape: [null, ...new Array<number>(rank - 1).fill(1)] },
    }),
  },
};

/** Arguments of every layer. */
const COMMON = ['name', 'trainable', 'dtype'];

/** The model with the layers of `keras.applications` replaced by Keras's layers that compute the same. */
export function withoutApplicationLayers(model: JsonObject, depth = 0): JsonObject {
  if (depth > MAX_DEPTH) return model;
  const layers = layersIn(model).map((layer) => {
    const className = textOf(layer['class_name']) ?? '';
    return isModel(className) ? withoutApplicationLayers(layer, depth + 1) : converted(layer, className);
  });
  return withLayers(model, layers);
}

function converted(layer: JsonObject, className: string): JsonObject {
  const name = className.replace(/^Custom>/, '');
  const application = Object.hasOwn(LAYERS, name) ? LAYERS[name]! : null;
  const config = objectOf(layer['config']) ?? {};
  if (application === null || !isOfApplications(layer) || !hasArguments(config, application.config)) return layer;
  const { module: _module, registered_name: _registered, ...rest } = layer;
  const { class_name: today, config: own } = application.of(config, rankOf(layer));
  const common = Object.fromEntries(COMMON.filter((key) => key in config).map((key) => [key, config[key]]));
  return withStoredAs(
    { ...rest, class_name: today, config: { ...common, ...(own as JsonObject) } },
    {
      className: name,
      inner: '',
      ...(application.weightName === undefined ? {} : { weightName: application.weightName }),
    },
  );
}

function hasArguments(config: JsonObject, expected: readonly string[]): boolean {
  const own = Object.keys(config).filter((key) => !COMMON.includes(key));
  return own.length === expected.length && expected.every((key) => key in config);
}

/** Also if the file has no modules, as HDF5. */
export function isOfApplications(layer: JsonObject): boolean {
  const module = textOf(layer['module']);
  return module === null || /^(tf_)?keras\.(src\.)?applications\b/.test(module);
}

/** Of the input, as far as the file says; else that of images. */
function rankOf(layer: JsonObject): number {
  const [call] = listOf(layer['inbound_nodes']);
  const [input] = listOf(objectOf(call)?.['args']);
  const shape = objectOf(objectOf(input)?.['config'])?.['shape'];
  const rank = inputRank(layer) ?? (Array.isArray(shape) ? shape.length : 4);
  return Math.max(2, rank);
}
